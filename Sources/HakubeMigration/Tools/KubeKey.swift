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
        leave(
            loadBalancer: ["address", "internalLoadbalancer", "kubevip"].compactMap { node?[$0] },
            "it is KubeKey's load balancer")
        if node?["externalDNS"]?.truth == false {
            ledger.settle(node?["externalDNS"], "hosts find the endpoint's name in their own /etc/hosts")
        } else {
            leave(loadBalancer: node?["externalDNS"].map { [$0] } ?? [], "a DNS server outside names the endpoint")
        }
    }

    /// KubeKey's own etcd is a unit on the hosts of its group, kubeadm's a static pod on masters.
    private mutating func read(kubekeyEtcd node: SourceNode?) {
        switch node?["type"]?.word {
        case "kubeadm", "kubekey":
            ledger.settle(node?["type"], "kubeadm runs etcd on the masters")
        default: leave(externalEtcd: node?["type"].map { [$0] } ?? [], of: "KubeKey")
        }
        leave(externalEtcd: node?["external"].map { [$0] } ?? [], of: "KubeKey")
        if let node {
            ledger.sweep(
                node, "hakube takes no snapshots of etcd by the clock, and kubeadm has its own settings",
                "take snapshots with a CronJob of your own, set arguments under `kubeadm`")
        }
    }

    private mutating func read(kubekeyRegistry node: SourceNode?) {
        let mirrors = node?["registryMirrors"]?.words ?? []
        for mirror in mirrors {
            guard let url = mirror.word else { continue }
            draft.change(registry: "docker.io") { $0.endpoints.append(url) }
            ledger.take(mirror, as: "registries host: docker.io endpoints")
        }
        // As KubeKey has it: mirrors first, then Docker Hub itself.
        if !mirrors.isEmpty {
            draft.change(registry: "docker.io") { $0.endpoints.append("https://registry-1.docker.io") }
        }
        for insecure in node?["insecureRegistries"]?.words ?? [] {
            guard let host = insecure.word else { continue }
            draft.change(registry: host) { $0.endpoints = ["http://\(host)"] }
            ledger.take(insecure, as: "registries host: \(host) endpoints")
        }
        for entry in node?["auths"]?.entries ?? [] { read(login: entry) }
        leave(images: node?["privateRegistry"])
        leave(images: node?["namespaceOverride"])
        ledger.leave(
            node?["type"], "hakube installs no registry", "keep the one you have, and name it under `registries`")
    }

    private mutating func read(login entry: SourceNode.Entry) {
        let host = entry.key
        draft.change(registry: host) { _ in }
        if let user = entry.value["username"], let name = user.word {
            let file = InventoryDraft.passwordFile(of: host)
            draft.change(registry: host) { ($0.username, $0.passwordFile) = (name, file) }
            ledger.take(user, as: "registries host: \(host) username")
            ledger.leave(
                secret: entry.value["password"], "write it to \(file) beside the inventory, mode 0600")
        } else {
            ledger.leave(secret: entry.value["password"], "give the registry a username and a passwordFile")
        }
        if let skip = entry.value["skipTLSVerify"] {
            draft.change(registry: host) { $0.skipVerify = skip.truth == true }
            ledger.take(skip, as: "registries host: \(host) skipVerify")
        }
        if let plain = entry.value["plainHTTP"] {
            if plain.truth == true { draft.change(registry: host) { $0.endpoints = ["http://\(host)"] } }
            ledger.take(plain, as: "registries host: \(host) endpoints")
        }
        ledger.leave(
            entry.value["certsPath"], "an inventory names one file with the CA's certificates",
            "write `ca` with the file of that folder that holds them")
    }
}
