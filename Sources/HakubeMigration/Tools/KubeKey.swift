// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// KubeKey's Cluster, kubekey.kubesphere.io/v1alpha1 and v1alpha2.
extension Translation {
    mutating func read(kubekey documents: [SourceNode]) {
        for document in documents where document["kind"]?.text != "Cluster" {
            ledger.leave(
                document, "it is a \(document["kind"]?.text ?? "document") for KubeSphere's own installer",
                "install it when the cluster stands")
        }
        guard let root = documents.first(where: { $0["kind"]?.text == "Cluster" }) else { return }
        for key in ["apiVersion", "kind"] { ledger.settle(root[key], "it says what the document is") }
        let spec = root["spec"]
        take(cluster: root["metadata"]?["name"])
        if let version = spec?["kubernetes"]?["version"], let text = version.word { take(release: text, from: version) }
        read(kubekeyNetwork: spec?["network"])
        readHosts(spec)
        read(controlPlaneEndpoint: spec?["controlPlaneEndpoint"])
        read(kubernetes: spec?["kubernetes"])
        read(kubekeyEtcd: spec?["etcd"])
        read(kubekeyRegistry: spec?["registry"])
        for (key, reason) in [
            ("system", "hakube sets no clocks and installs no packages"),
            ("storage", "hakube installs no storage"), ("addons", "hakube applies what the bundle brings"),
        ] {
            if let setting = spec?[key] {
                ledger.sweep(setting, reason, "do it before or after, or bring manifests in the bundle")
            }
        }
    }

    private mutating func read(kubekeyNetwork node: SourceNode?) {
        take(blocks: node?["kubePodsCIDR"], into: \.podSubnets, as: "network.podSubnet")
        take(blocks: node?["kubeServiceCIDR"], into: \.serviceSubnets, as: "network.serviceSubnet")
        leave(podNetwork: node?["plugin"])
        if node?["multusCNI"]?["enabled"]?.truth == false { ledger.settle(node?["multusCNI"], "hakube installs none") }
        if let node {
            ledger.sweep(
                node, "it belongs to the pod network, which comes with the bundle",
                "edit the manifest and make the bundle with --cni-manifest FILE")
        }
    }

    private mutating func read(controlPlaneEndpoint node: SourceNode?) {
        take(node?["domain"], into: \.endpointName, as: "endpoint.name")
        if let port = node?["port"], port.word == String(Endpoint.defaultPort) {
            ledger.settle(port, "it is the endpoint's port unless the inventory says otherwise")
        } else {
            take(node?["port"], into: \.endpointPort, as: "endpoint.port")
        }
        read(balancer: node)
        if node?["externalDNS"]?.truth == false {
            ledger.settle(node?["externalDNS"], "hosts find the endpoint's name in their own /etc/hosts")
        } else {
            leave(outerBalancer: node?["externalDNS"].map { [$0] } ?? [], "a DNS server outside names the endpoint")
        }
    }

    /// KubeKey puts kube-vip on the interface that has the master's own address, as hakube does.
    private mutating func read(balancer node: SourceNode?) {
        let (address, kind, mode) = (node?["address"], node?["internalLoadbalancer"], node?["kubevip"]?["mode"])
        switch kind?.word {
        case "kube-vip" where address?.word != nil && [nil, "ARP"].contains(mode?.word):
            if let address { take(kubeVIP: address, from: [kind, mode].compactMap { $0 }.filter { !$0.isEmpty }) }
        case "kube-vip":
            let settings = [kind, address, node?["kubevip"]].compactMap { $0 }
            leave(kubeVIP: settings, "it is kube-vip, and its address and how it is announced are not both plain here")
        default:
            leave(innerBalancer: [kind, node?["kubevip"]].compactMap { $0 }, of: "KubeKey")
            leave(outerBalancer: [address].compactMap { $0 }, "it is the address of a load balancer")
        }
    }

    /// KubeKey's own etcd is a unit on the hosts of its group, kubeadm's a static pod on masters.
    private mutating func read(kubekeyEtcd node: SourceNode?) {
        switch node?["type"]?.word {
        case "kubeadm", "kubekey": ledger.settle(node?["type"], "kubeadm runs etcd, as a static pod")
        case "external":
            take(externalEtcd: node?["external"], areElsewhere: false)
            if let type = node?["type"] {
                if draft.externalEtcd != nil { ledger.take(type, as: "etcd") } else { leave(externalEtcd: [type]) }
            }
        default: ledger.leave(node?["type"], "kubeadm runs etcd, as a static pod", "leave it out")
        }
        if let external = node?["external"], !ledger.knows(external) {
            ledger.leave(
                external, "by its `type` etcd is not outside of the cluster",
                "write etcd: {endpoints: [https://ADDRESS:2379], ca: FILE, cert: FILE, key: FILE} if it is (docs/etcd.md)"
            )
        }
        if let node {
            ledger.sweep(
                node, "hakube takes no snapshots of etcd by the clock, and kubeadm has its own settings",
                "take snapshots with a CronJob of your own, set arguments under `kubeadm`")
        }
    }

    private mutating func read(kubekeyRegistry node: SourceNode?) {
        for mirror in node?["registryMirrors"]?.words ?? [] {
            guard let url = mirror.word, !leaveIfSecret(registry: mirror) else { continue }
            draft.change(registry: "docker.io") { $0.endpoints.append(url) }
            ledger.take(mirror, as: "registries host: docker.io endpoints")
        }
        // As KubeKey has it: mirrors first, then Docker Hub itself.
        if draft.registry("docker.io") != nil {
            draft.change(registry: "docker.io") { $0.endpoints.append("https://registry-1.docker.io") }
        }
        for insecure in node?["insecureRegistries"]?.words ?? [] {
            guard let host = insecure.word, !leaveIfSecret(registry: insecure) else { continue }
            take(endpoint: "http://\(host)", of: host, from: insecure)
        }
        for entry in node?["auths"]?.entries ?? [] { read(login: entry) }
        leave(images: node?["privateRegistry"])
        leave(images: node?["namespaceOverride"])
        ledger.leave(
            node?["type"], "hakube installs no registry", "keep the one you have, and name it under `registries`")
    }

    private mutating func read(login entry: SourceNode.Entry) {
        let host = entry.key
        if let plain = entry.value["plainHTTP"], plain.truth == true {
            take(endpoint: "http://\(host)", of: host, from: plain)
        } else {
            ledger.settle(entry.value["plainHTTP"], "registries are asked by https unless the inventory says otherwise")
        }
        take(login: host, user: entry.value["username"], password: entry.value["password"])
        take(skipVerify: entry.value["skipTLSVerify"], of: host)
        ledger.leave(
            entry.value["certsPath"], "an inventory names one file with the CA's certificates",
            "write `ca` with the file of that folder that holds them")
    }
}
