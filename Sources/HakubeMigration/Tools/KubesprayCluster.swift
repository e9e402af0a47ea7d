// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Translation {
    /// kubespray's variables about the cluster (roles/kubespray_defaults, docs/ansible/vars.md).
    mutating func read(cluster variables: ClusterVariables) {
        take(blocks: variables.take("kube_pods_subnet"), into: \.podSubnets, as: "network.podSubnet")
        take(blocks: variables.take("kube_service_addresses"), into: \.serviceSubnets, as: "network.serviceSubnet")
        if let dual = variables.take("enable_dual_stack_networks"), dual.truth == true {
            add(block: variables.take("kube_pods_subnet_ipv6"), to: \.podSubnets, as: "network.podSubnet")
            add(block: variables.take("kube_service_addresses_ipv6"), to: \.serviceSubnets, as: "network.serviceSubnet")
            ledger.take(dual, as: "network, with blocks of both families")
        }
        // kubespray's dns_domain is its cluster_name unless both are set.
        take(variables.take("dns_domain"), into: \.dnsDomain, as: "network.dnsDomain")
        if let name = variables.take("cluster_name") {
            if draft.dnsDomain == nil || draft.dnsDomain == name.word {
                take(name, into: \.dnsDomain, as: "network.dnsDomain")
            } else {
                ledger.leave(
                    name, "it is kubespray's word for a DNS domain, and dns_domain names another", "leave it out")
            }
        }
        take(variables.take("kube_proxy_mode"), into: \.proxyMode, as: "network.proxyMode")
        take(certSANs: variables.take("supplementary_addresses_in_ssl_keys"))
        leave(podNetwork: variables.take("kube_network_plugin"))
        let runtime = variables.take("container_manager")
        if runtime?.word == "containerd" {
            ledger.settle(runtime, "hakube installs containerd")
        } else {
            ledger.leave(runtime, "hakube installs containerd and no other", "leave it out")
        }
        leave(images: variables.take("kube_image_repo"))
        readEndpoint(variables)
        readRegistries(variables)
    }

    private mutating func readEndpoint(_ variables: ClusterVariables) {
        if let port = variables.take("kube_apiserver_port"), port.word == String(Endpoint.defaultPort) {
            ledger.settle(port, "it is the endpoint's port unless the inventory says otherwise")
        } else {
            take(variables.take("kube_apiserver_port"), into: \.endpointPort, as: "endpoint.port")
        }
        take(variables.take("apiserver_loadbalancer_domain_name"), into: \.endpointName, as: "endpoint.name")
        readBalancer(variables)
        switch variables.take("etcd_deployment_type") {
        case let kind? where kind.word == "kubeadm": ledger.settle(kind, "kubeadm runs etcd, as a static pod")
        case let kind?: ledger.leave(kind, "kubeadm runs etcd, as a static pod", "leave it out")
        case nil: break
        }
    }

    private mutating func add(
        block node: SourceNode?, to place: WritableKeyPath<InventoryDraft, [String]>, as target: String
    ) {
        guard let node, let word = node.word else { return }
        draft[keyPath: place].append(word)
        ledger.take(node, as: target)
    }

    /// kubespray's variables about single programs.
    mutating func readComponents(_ variables: ClusterVariables) {
        for (name, flag) in [
            ("kube_apiserver_node_port_range", "service-node-port-range"), ("event_ttl_duration", "event-ttl"),
            ("kube_apiserver_request_timeout", "request-timeout"),
        ] {
            if let value = variables.take(name), let text = value.word { take(.apiServer, flag, text, from: value) }
        }
        if let value = variables.take("kube_api_anonymous_auth"), let text = value.argument {
            // Python's False, as an INI file has it, is Go's as well.
            take(.apiServer, "anonymous-auth", text, from: value)
        }
        for (name, flag) in [
            ("kube_network_node_prefix", "node-cidr-mask-size"),
            ("kube_controller_node_monitor_grace_period", "node-monitor-grace-period"),
            ("kube_controller_node_monitor_period", "node-monitor-period"),
            ("kube_controller_terminated_pod_gc_threshold", "terminated-pod-gc-threshold"),
        ] {
            if let value = variables.take(name), let text = value.word {
                take(.controllerManager, flag, text, from: value)
            }
        }
        for (name, flag) in [
            ("kubelet_max_pods", "max-pods"), ("kubelet_pod_pids_limit", "pod-max-pids"),
            ("kubelet_fail_swap_on", "fail-swap-on"),
            ("kubelet_status_update_frequency", "node-status-update-frequency"),
        ] {
            if let value = variables.take(name), let text = value.argument { take(kubelet: flag, text, from: value) }
        }
        for (name, flag) in [
            ("kube_proxy_strict_arp", "ipvs-strict-arp"), ("kube_proxy_scheduler", "ipvs-scheduler"),
            ("kube_proxy_masquerade_all", "masquerade-all"),
            ("kube_proxy_metrics_bind_address", "metrics-bind-address"),
        ] {
            if let value = variables.take(name), let text = value.argument { take(proxy: flag, text, from: value) }
        }
        take(arguments: variables.take("kube_kubeadm_apiserver_extra_args")) { $0.take(.apiServer, $1, $2, from: $3) }
        take(arguments: variables.take("kube_kubeadm_controller_extra_args")) {
            $0.take(.controllerManager, $1, $2, from: $3)
        }
        take(arguments: variables.take("kube_kubeadm_scheduler_extra_args")) { $0.take(.scheduler, $1, $2, from: $3) }
        take(arguments: variables.take("kubelet_custom_flags")) { $0.take(kubelet: $1, $2, from: $3) }
        take(kubeletConfiguration: variables.take("kubelet_config_extra_args")?.entries ?? [])
    }
}
