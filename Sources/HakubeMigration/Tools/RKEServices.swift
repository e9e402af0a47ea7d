// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

extension Translation {
    /// `services` of RKE's cluster.yml. Rancher once wrote the names with underscores.
    mutating func read(services: SourceNode?) {
        let apiServer = services?.first("kube-api", "kube_api")
        take(blocks: apiServer?["service_cluster_ip_range"], into: \.serviceSubnets, as: "network.serviceSubnet")
        if let range = apiServer?["service_node_port_range"], let text = range.word {
            take(.apiServer, "service-node-port-range", text, from: range)
        }
        readSwitches(apiServer)
        let controllerManager = services?.first("kube-controller", "kube_controller")
        take(blocks: controllerManager?["cluster_cidr"], into: \.podSubnets, as: "network.podSubnet")
        take(
            blocks: controllerManager?["service_cluster_ip_range"], into: \.serviceSubnets, as: "network.serviceSubnet")
        readKubelet(services?["kubelet"])
        readEtcd(services?["etcd"])
        for key in ["extra_args", "extra_args_array"] {
            take(arguments: apiServer?[key]) { $0.take(.apiServer, $1, $2, from: $3) }
            take(arguments: controllerManager?[key]) { $0.take(.controllerManager, $1, $2, from: $3) }
            take(arguments: services?["scheduler"]?[key]) { $0.take(.scheduler, $1, $2, from: $3) }
            take(arguments: services?["etcd"]?[key]) { $0.take(.etcd, $1, $2, from: $3) }
            take(arguments: services?["kubelet"]?[key]) { $0.take(kubelet: $1, $2, from: $3) }
            take(arguments: services?["kubeproxy"]?[key]) { $0.take(proxy: $1, $2, from: $3) }
        }
        for service in services?.entries ?? [] {
            leave(images: service.value["image"])
            ledger.leave(
                service.value["extra_binds"], "RKE's containers are not kubeadm's static pods",
                "write extraVolumes under `kubeadm` if the program needs the folder")
            ledger.leave(
                service.value["extra_env"], "RKE's containers are not kubeadm's static pods",
                "write extraEnvs under `kubeadm`, from v1.31 on")
        }
    }

    private mutating func readSwitches(_ apiServer: SourceNode?) {
        for (key, remedy) in [
            ("pod_security_policy", "use the labels of Pod Security Admission on namespaces"),
            ("always_pull_images", "leave it out, the bundle's images are never pulled"),
        ] {
            if apiServer?[key]?.truth == false {
                ledger.settle(apiServer?[key], "it is off unless somebody turns it on")
            } else {
                ledger.leave(apiServer?[key], "it turns on an admission plugin", remedy)
            }
        }
        for key in ["secrets_encryption_config", "audit_log", "event_rate_limit", "admission_configuration"] {
            guard let setting = apiServer?[key] else { continue }
            if setting["enabled"]?.truth == false {
                ledger.settle(setting, "it is off unless somebody turns it on")
            } else {
                ledger.leave(
                    setting, "the API server reads it from a file that hakube does not put on the hosts",
                    "bring the file in the bundle, then set flag and extraVolumes under `kubeadm`")
            }
        }
    }

    private mutating func readKubelet(_ kubelet: SourceNode?) {
        take(kubelet?["cluster_domain"], into: \.dnsDomain, as: "network.dnsDomain")
        take(clusterDNS: kubelet?["cluster_dns_server"])
        if let swap = kubelet?["fail_swap_on"] {
            if let truth = swap.truth {
                take(kubeletField: ["failSwapOn"], .plain(truth ? "true" : "false"), from: swap)
            } else {
                ledger.leave(swap, "it is neither true nor false", "write failSwapOn under `kubeadm`")
            }
        }
        leave(images: kubelet?["infra_container_image"])
        if kubelet?["generate_serving_certificate"]?.truth == false {
            ledger.settle(kubelet?["generate_serving_certificate"], "kubelets serve with certificates of their own")
        } else {
            ledger.leave(
                kubelet?["generate_serving_certificate"], "RKE signs kubelets' certificates itself",
                "set serverTLSBootstrap: true under `kubeadm`, and approve the kubelets' requests")
        }
    }

    private mutating func readEtcd(_ etcd: SourceNode?) {
        for key in ["snapshot", "creation", "retention", "backup_config"] {
            if etcd?[key]?.truth == false {
                ledger.settle(etcd?[key], "hakube takes snapshots of etcd only when a cluster is ended")
            } else {
                ledger.leave(
                    etcd?[key], "hakube takes no snapshots of etcd by the clock",
                    "take them with a CronJob or a timer of your own")
            }
        }
        for key in ["uid", "gid"] {
            ledger.leave(etcd?[key], "kubeadm's etcd runs as root", "leave it out")
        }
        // RKE has the certificates themselves in its file, hakube has files of their own.
        ledger.leave(secret: etcd?["key"], "write it to a file of mode 0600, and etcd: {key: FILE}")
        leave(externalEtcd: ["external_urls", "ca_cert", "cert"].compactMap { etcd?[$0] })
        ledger.leave(
            etcd?["path"], "what is in that etcd does not come along",
            "write it as etcd-prefix of the API server under `kubeadm` if the new cluster shares that etcd")
    }
}
