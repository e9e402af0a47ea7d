// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Translation {
    private static let secretFlag = "find a form without the password, and write it under `kubeadm`"

    /// The release, which decides about flags and fields.
    ///
    /// - Returns: `nil` after telling a line that is lost without it.
    mutating func release(for node: SourceNode) -> KubernetesVersion? {
        if release == nil {
            ledger.tell(
                node, "no release is known, so neither is what flags it has", "run this again with --kubernetes VERSION"
            )
        }
        return release
    }

    /// What the endpoint's name means on workers unless the inventory says otherwise.
    static let usualVIP = "10.103.97.2"

    /// A flag without the dashes in front of it.
    private static func bare(_ name: String) -> String {
        String(name.drop { $0 == "-" }).split(separator: "_", omittingEmptySubsequences: false).joined(separator: "-")
    }

    /// `--name=value` or `name=value`, as lists of arguments have it.
    mutating func take(argument node: SourceNode, of program: (inout Translation, String, String, SourceNode) -> Void) {
        guard let text = node.word else { return }
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        program(&self, parts[0], parts.count == 2 ? parts[1] : "true", node)
    }

    /// Extra arguments of a program: a map of names and values, a list of `name`/`value`, or a list of `--name=value`.
    mutating func take(
        arguments node: SourceNode?, of program: (inout Translation, String, String, SourceNode) -> Void
    ) {
        for entry in node?.entries ?? [] {
            switch entry.value.content {
            case .text: program(&self, entry.key, entry.value.argument ?? "", entry.value)
            case .nothing: program(&self, entry.key, "", entry.value)
            // RKE's extra_args_array: a flag that is given several times.
            case .list(let items) where items.count == 1: program(&self, entry.key, items[0].text ?? "", items[0])
            case .list, .map:
                ledger.leave(
                    entry.value, "a flag that is given several times has no place in a map of arguments",
                    "write it under `kubeadm` if the release takes a list of arguments (v1.31 and later)")
            }
        }
        for item in node?.items ?? [] {
            if let name = item["name"]?.text, let value = item["value"] {
                program(&self, name, value.text ?? "", value)
                item["name"].map { ledger.settle($0, "it names the argument") }
            } else {
                take(argument: item, of: program)
            }
        }
    }

    /// A flag of a program of the control plane.
    mutating func take(
        _ component: KubeadmDraft.Component, _ flag: String, _ value: String, from node: SourceNode
    ) {
        let name = Self.bare(flag)
        let program = component.program
        guard !value.isEmpty else { return ledger.settle(node, "an empty argument says nothing") }
        if leaveIfSecret(url: node, Self.secretFlag) { return }
        switch name {
        case "service-cluster-ip-range":
            return take(blocks: node, into: \.serviceSubnets, as: "network.serviceSubnet")
        case "cluster-cidr": return take(blocks: node, into: \.podSubnets, as: "network.podSubnet")
        case "authorization-mode" where value == "Node,RBAC":
            return ledger.settle(node, "kubeadm's clusters authorize by Node,RBAC")
        case "authorization-mode":
            return ledger.leave(
                node, "kubeadm's clusters authorize by Node,RBAC, without which its nodes and joins fail",
                "leave it out, or add to Node,RBAC under `kubeadm`")
        case "anonymous-auth" where component == .apiServer && KubeadmKind.isFalse(value):
            return ledger.leave(
                node,
                "the kubelet's probes of the API server bring no credentials, and an API server that answers them 401 is restarted "
                    + "again and again",
                "leave it out; without credentials there is little more than health and version to see")
        default: break
        }
        guard let release = release(for: node) else { return }
        if ControlPlaneFlags.managed.contains(name) {
            return ledger.leave(
                node, "kubeadm sets this for the files, addresses and keys of its own cluster", "leave it out")
        }
        if ControlPlaneFlags.naming.contains(name) {
            return ledger.leave(
                node,
                "it names a file that hakube does not put on the hosts, and \(program) would not start without it",
                "bring the file in the bundle, then set flag and extraVolumes under `kubeadm`")
        }
        let table =
            switch component {
            case .apiServer: ControlPlaneFlags.apiServer
            case .controllerManager: ControlPlaneFlags.controllerManager
            case .scheduler: ControlPlaneFlags.scheduler
            case .etcd: ControlPlaneFlags.etcd
            }
        let objection = table[name].map { $0.objection(release) } ?? FlagSpan.Objection.unknown
        if let objection {
            return ledger.leave(
                node, objection.sentence(program, release),
                "leave it out, or set it under `kubeadm` if you know that \(program) takes it")
        }
        let target = "ClusterConfiguration \(component.rawValue).extraArgs.\(name)"
        guard agrees(node, value, with: draft.kubeadm.argument(name, of: component), at: target) else { return }
        draft.kubeadm.set(name, to: value, of: component)
        ledger.take(node, as: target)
    }

    /// A flag of the kubelet: a field of its configuration where there is one, else an argument.
    mutating func take(kubelet flag: String, _ value: String, from node: SourceNode) {
        let name = Self.bare(flag)
        let field = KubeletFlags.fields[name]
        guard !value.isEmpty || (node.text != nil && field.map { KubeletFlags.emptyFields.contains($0.path) } ?? false)
        else { return ledger.settle(node, "an empty argument says nothing") }
        switch name {
        case "cluster-dns": return take(clusterDNS: node)
        case "cluster-domain": return take(node, into: \.dnsDomain, as: "network.dnsDomain")
        default: break
        }
        if let release, let field, field.isIn(release) {
            guard let own = field.value(value) else { return leaveForm(node, "KubeletConfiguration \(field.path)") }
            return take(kubeletField: field.path.split(separator: ".").map(String.init), own, from: node)
        }
        // Every release has the fields of which an empty value counts, so that here none is known.
        guard !value.isEmpty else {
            _ = release(for: node)
            return
        }
        take(kubeletArgument: name, value, of: [.initialise, .join], from: node)
    }

    /// A flag of the kubelet on its command line, on the hosts that documents of these kinds are for.
    mutating func take(
        kubeletArgument flag: String, _ value: String, of kinds: [KubeadmKind], from node: SourceNode
    ) {
        let name = Self.bare(flag)
        guard !value.isEmpty else { return ledger.settle(node, "an empty argument says nothing") }
        if KubeletFlags.runtime.contains(name) {
            return ledger.leave(node, "it belongs to another container runtime", "leave it out, hakube runs containerd")
        }
        if leaveIfSecret(url: node, Self.secretFlag) { return }
        if let remedy = KubeletFlags.managed[name] {
            return ledger.leave(node, "hakube or kubeadm sets this for every host", remedy)
        }
        guard let release = release(for: node) else { return }
        let known = KubeletFlags.plain[name] ?? KubeletFlags.fields[name].map { _ in FlagSpan.always }
        let objection = known.map { $0.objection(release) } ?? FlagSpan.Objection.unknown
        if let objection {
            return ledger.leave(
                node, objection.sentence("the kubelet", release),
                "leave it out, or set it under `kubeadm` if you know that the kubelet takes it")
        }
        let target = "nodeRegistration.kubeletExtraArgs.\(name)"
        for kind in kinds {
            let known = draft.kubeadm.argument(ofKubelet: name, of: kind)
            guard agrees(node, value, with: known, at: "\(kind.rawValue) \(target)") else { return }
        }
        for kind in kinds {
            draft.kubeadm.set(kubelet: name, to: value, of: kind)
            ledger.take(node, as: "\(kind.rawValue) \(target)")
        }
    }

    /// A field of the kubelet's configuration.
    mutating func take(kubeletField path: [String], _ value: YAMLValue, from node: SourceNode) {
        guard let release = release(for: node) else { return }
        // Up to v1.28 the kubelet deletes images that containerd calls pinned; hakube keeps it from that.
        if path == ["imageGCHighThresholdPercent"], !release.isAtLeast(1, 29) {
            return ledger.leave(
                node, "the kubelet of \(release) would delete the bundle's images when the disk fills up",
                "leave it out, hakube sets it to 100")
        }
        take(field: path, of: .kubelet, value, from: node)
    }

    /// A field of a component's configuration. Without a release no document would be written.
    mutating func take(field path: [String], of kind: KubeadmKind, _ value: YAMLValue, from node: SourceNode) {
        guard release(for: node) != nil else { return }
        let target = "\(kind.rawValue) \(path.joined(separator: "."))"
        let known = draft.kubeadm.field(path, of: kind)
        guard agrees(node, value.brief, with: known?.brief, at: target) else { return }
        // What agrees may be written otherwise, a number in quotes for one.
        if known == nil { draft.kubeadm.set(path, of: kind, to: value) }
        ledger.take(node, as: target)
    }

    /// A flag of kube-proxy, which takes fields of its configuration only.
    mutating func take(proxy flag: String, _ value: String, from node: SourceNode) {
        let name = Self.bare(flag)
        guard !value.isEmpty else { return ledger.settle(node, "an empty argument says nothing") }
        switch name {
        case "proxy-mode": return take(node, into: \.proxyMode, as: "network.proxyMode")
        case "cluster-cidr": return take(blocks: node, into: \.podSubnets, as: "network.podSubnet")
        case "ipvs-exclude-cidrs": return take(excludedBlocks: node)
        default: break
        }
        if let remedy = ProxyFlags.managed[name] {
            return ledger.leave(node, "hakube or kubeadm sets this for every host", remedy)
        }
        guard let release = release(for: node) else { return }
        guard let field = ProxyFlags.fields[name], field.isIn(release) else {
            return ledger.leave(
                node, "kube-proxy of \(release) has no field for it, and beside its configuration flags do not count",
                "leave it out")
        }
        guard let own = field.value(value) else { return leaveForm(node, "KubeProxyConfiguration \(field.path)") }
        take(field: field.path.split(separator: ".").map(String.init), of: .proxy, own, from: node)
    }

    /// In ipvs mode kube-proxy deletes the guardian's service unless the VIP is among these blocks.
    mutating func take(excludedBlocks node: SourceNode) {
        var blocks = node.words.compactMap(\.word)
        guard draft.strategy == nil else {
            return take(
                field: ["ipvs", "excludeCIDRs"], of: .proxy, .list(blocks.map { .string($0) }), from: node)
        }
        guard let vip = IPAddress(draft.vip ?? Self.usualVIP) else {
            return ledger.leave(
                node, "the VIP is no address", "set ipvs.excludeCIDRs under `kubeadm`, the VIP among them")
        }
        if blocks.compactMap({ CIDR($0) }) == [CIDR(host: vip)] {
            return ledger.settle(node, "hakube excludes the VIP by itself")
        }
        if !blocks.contains(where: { CIDR($0)?.contains(vip) ?? false }) { blocks.append(CIDR(host: vip).description) }
        take(field: ["ipvs", "excludeCIDRs"], of: .proxy, .list(blocks.map { .string($0) }), from: node)
    }

    private mutating func leaveForm(_ node: SourceNode, _ target: String) {
        ledger.leave(node, "its value has not the form of \(target)", "write it under `kubeadm` as that field wants it")
    }
}
