// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Documents of kubeadm's own in other tools' files.
extension Translation {
    /// Takes over what a document says and hakube does not say by itself.
    mutating func take(document root: SourceNode) {
        guard let kind = root["kind"]?.text.flatMap(KubeadmKind.init) else { return }
        ledger.settle(root["kind"], "it says what the document is")
        ledger.settle(root["apiVersion"], "hakube writes the one of the release")
        switch kind {
        case .cluster: take(clusterConfiguration: root)
        case .initialise, .join: take(registration: root, of: kind)
        case .kubelet: take(kubeletConfiguration: root.entries)
        case .proxy: take(proxyConfiguration: root.entries)
        }
    }

    private mutating func take(clusterConfiguration root: SourceNode) {
        if let version = root.folded("kubernetesVersion"), !ledger.knows(version), let text = version.word {
            take(release: text, from: version)
        }
        take(endpoint: root.folded("controlPlaneEndpoint"))
        take(cluster: root.folded("clusterName"))
        take(imageRepository: root.folded("imageRepository"))
        let network = root.folded("networking")
        take(blocks: network?.folded("podSubnet"), into: \.podSubnets, as: "network.podSubnet")
        take(blocks: network?.folded("serviceSubnet"), into: \.serviceSubnets, as: "network.serviceSubnet")
        take(network?.folded("dnsDomain"), into: \.dnsDomain, as: "network.dnsDomain")
        if let folder = root.folded("certificatesDir"), folder.word == "/etc/kubernetes/pki" {
            ledger.settle(folder, "hakube leaves it there")
        }
        let apiServer = root.folded("apiServer")
        // The endpoint is taken by now: its name is among hakube's own.
        take(certSANs: apiServer?.folded("certSANs"), own: ownNames)
        take(arguments: apiServer?.folded("extraArgs")) { $0.take(.apiServer, $1, $2, from: $3) }
        take(timeout: apiServer?.folded("timeoutForControlPlane"))
        let controllerManager = root.folded("controllerManager")
        take(arguments: controllerManager?.folded("extraArgs")) { $0.take(.controllerManager, $1, $2, from: $3) }
        let scheduler = root.folded("scheduler")
        take(arguments: scheduler?.folded("extraArgs")) { $0.take(.scheduler, $1, $2, from: $3) }
        let local = root.folded("etcd")?.folded("local")
        take(arguments: local?.folded("extraArgs")) { $0.take(.etcd, $1, $2, from: $3) }
        for (component, name) in [
            (apiServer, "apiServer"), (controllerManager, "controllerManager"), (scheduler, "scheduler"),
        ] {
            take(volumes: component?.folded("extraVolumes"), of: name)
        }
        for name in ["serverCertSANs", "peerCertSANs"] {
            guard let names = local?.folded(name), !names.isEmpty else { continue }
            take(field: ["etcd", "local", name], of: .cluster, YAMLValue(names), from: names)
        }
        take(externalEtcd: root.folded("etcd")?.folded("external"), areElsewhere: true)
        leave(images: root.folded("dns"))
        ledger.leave(
            root.folded("featureGates"), "kubeadm's own gates come and go with releases, and a gone one ends kubeadm",
            "write it under `kubeadm` if the release has it")
        ledger.sweep(root, "hakube does not take it over", "write it under `kubeadm` if the release has it")
    }

    /// v1beta4 has it elsewhere, among the timeouts of Init- and JoinConfiguration.
    private mutating func take(timeout node: SourceNode?) {
        guard let node, let text = node.word else { return }
        guard let release = release(for: node) else { return }
        guard !release.isAtLeast(1, 31) else {
            return ledger.leave(
                node, "kubeadm of \(release) does not have this field any more",
                "write timeouts.controlPlaneComponentHealthCheck under `kubeadm`, from v1.31 on")
        }
        take(field: ["apiServer", "timeoutForControlPlane"], of: .cluster, .string(text), from: node)
    }

    /// `name:port`. An address in place of the name is no endpoint of hakube's, whose hosts files give the name its meaning.
    private mutating func take(endpoint node: SourceNode?) {
        guard let node, let text = node.word else { return }
        let parts = text.split(separator: ":").map(String.init)
        guard parts.count <= 2, let name = parts.first, IPAddress(name) == nil, Naming.isDNSName(name) else {
            return ledger.leave(
                node, "`\(text)` is no name, and hakube's endpoint is one",
                "write the address into `certSANs`, or endpoint: {strategy: external, name: ADDRESS} where a balancer has it"
            )
        }
        take(node, as: name, parts.count == 2 ? parts[1] : nil)
    }

    private mutating func take(_ node: SourceNode, as name: String, _ port: String?) {
        let (usualName, usualPort) = (Endpoint.defaultName, String(Endpoint.defaultPort))
        guard agrees(node, name, with: draft.endpointName, at: "endpoint.name"),
            agrees(node, port ?? usualPort, with: draft.endpointPort, at: "endpoint.port")
        else { return }
        if name != usualName { draft.endpointName = name }
        if let port, port != usualPort { draft.endpointPort = port }
        ledger.take(node, as: "endpoint")
    }

    /// Mounts of static pods. kubeadm makes no pod of a list that has a name twice, as sealos writes it.
    private mutating func take(volumes node: SourceNode?, of component: String) {
        var known: [String: YAMLValue] = [:]
        for volume in node?.items ?? [] {
            let value = YAMLValue(volume.uncapitalised)
            guard let name = volume.folded("name")?.word, release(for: volume) != nil else { continue }
            if known[name] == value {
                ledger.settle(volume, "the mount \(name) is there already")
            } else if known[name] != nil {
                ledger.leave(
                    volume, "another mount has the name \(name)", "write both under `kubeadm`, with names of their own")
            } else {
                known[name] = value
                draft.kubeadm.append(value, to: "\(component).extraVolumes", of: .cluster)
                ledger.take(volume, as: "ClusterConfiguration \(component).extraVolumes")
            }
        }
    }

    /// Init- and JoinConfiguration: all but the node's registration is made anew for each run.
    private mutating func take(registration root: SourceNode, of kind: KubeadmKind) {
        let registration = root.folded("nodeRegistration")
        // An InitConfiguration speaks of one master, a JoinConfiguration of all others: fields would speak of all hosts.
        take(arguments: registration?.folded("kubeletExtraArgs")) {
            $0.take(kubeletArgument: $1, $2, of: [kind], from: $3)
        }
        if registration?.folded("criSocket")?.word?.hasSuffix("containerd.sock") == true {
            ledger.settle(registration?.folded("criSocket"), "hakube installs containerd")
        } else {
            ledger.leave(
                registration?.folded("criSocket"), "it belongs to another container runtime",
                "leave it out, hakube installs containerd")
        }
        ledger.leave(registration?.folded("taints"), "taints belong to hosts", "write them under `taints` of the hosts")
        ledger.leave(registration?.folded("name"), "names belong to hosts", "write it as `name` of the host")
        for name in [
            "bootstrapTokens", "certificateKey", "discovery", "controlPlane", "localAPIEndpoint", "caCertPath",
        ] {
            ledger.settle(root.folded(name), "hakube makes it anew for each run and host")
        }
        for name in ["skipPhases", "patches", "ignorePreflightErrors"] {
            ledger.leave(
                root.folded(name) ?? registration?.folded(name), "it changes what kubeadm does step by step",
                "write it under `kubeadm` if the cluster needs it")
        }
    }

    /// Fields of a KubeletConfiguration.
    mutating func take(kubeletConfiguration entries: [SourceNode.Entry]) {
        for entry in entries where !ledger.knows(entry.value) {
            let node = entry.value
            guard !node.isEmpty || (node.content != .nothing && KubeletFlags.emptyFields.contains(entry.key)) else {
                continue
            }
            switch entry.key {
            case "clusterDomain": take(node, into: \.dnsDomain, as: "network.dnsDomain")
            case "clusterDNS": take(clusterDNS: node)
            case "staticPodPath" where node.word == "/etc/kubernetes/manifests":
                ledger.settle(node, "hakube leaves it there")
            case "staticPodPath", "containerRuntimeEndpoint", "imageServiceEndpoint":
                ledger.leave(node, "hakube sets this for every host", "leave it out")
            default:
                guard let release = release(for: node) else { continue }
                guard KubeletFlags.laterFields[entry.key].map({ release.isAtLeast(1, $0) }) ?? true else {
                    ledger.leave(
                        node, "the kubelet of \(release) may not know the field",
                        "leave it out, or name the release with --kubernetes")
                    continue
                }
                take(kubeletFields: node, at: [entry.key])
            }
        }
    }

    /// Setting by setting, since a flag may have said one of a section's already.
    private mutating func take(kubeletFields node: SourceNode, at path: [String]) {
        guard let key = path.last, KubeletFlags.sections.contains(key), !node.entries.isEmpty else {
            return take(kubeletField: path, YAMLValue(node), from: node)
        }
        for entry in node.entries where !entry.value.isEmpty {
            take(kubeletFields: entry.value, at: path + [entry.key])
        }
    }

    /// Fields of a KubeProxyConfiguration.
    mutating func take(proxyConfiguration entries: [SourceNode.Entry]) {
        for entry in entries where !entry.value.isEmpty && !ledger.knows(entry.value) {
            let node = entry.value
            switch entry.key {
            case "mode": take(node, into: \.proxyMode, as: "network.proxyMode")
            case "clusterCIDR": take(blocks: node, into: \.podSubnets, as: "network.podSubnet")
            case "hostnameOverride": ledger.leave(node, "names belong to hosts", "write it as `name` of the host")
            case "winkernel": ledger.leave(node, "it is for Windows", "leave it out")
            default:
                guard let release = release(for: node) else { continue }
                if ProxyFlags.spans[entry.key]?.isIn(release) ?? true {
                    take(proxyFields: node, at: [entry.key])
                } else {
                    ledger.leave(node, "kube-proxy of the release has no such field", "leave it out")
                }
            }
        }
    }

    private mutating func take(proxyFields node: SourceNode, at path: [String]) {
        if path == ["ipvs", "excludeCIDRs"] { return take(excludedBlocks: node) }
        guard let key = path.last, ProxyFlags.sections.contains(key), !node.entries.isEmpty else {
            return take(field: path, of: .proxy, YAMLValue(node), from: node)
        }
        for entry in node.entries where !entry.value.isEmpty { take(proxyFields: entry.value, at: path + [entry.key]) }
    }
}
