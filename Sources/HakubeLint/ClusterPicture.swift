// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// What all files together say about the cluster: who its masters are, what moves between them, what is where.
struct ClusterPicture: Sendable {
    /// An address that belongs to no one host.
    struct VirtualAddress: Sendable, Hashable {
        enum Holder: String, Sendable, Hashable {
            case keepalived
            case kubeVIP = "kube-vip"
            /// It exists on workers only, and need be free nowhere else.
            case guardian = "IPVS"
        }

        let address: IPAddress
        let holder: Holder
        let place: Place
    }

    /// A host's address, and what said so.
    struct Member: Sendable, Hashable {
        let address: IPAddress
        let name: String?
        let place: Place
        /// Whether more than a line of a hosts file says that it is a host of this cluster.
        var isCertain = true
    }

    /// Of the flag, else the first that a file names.
    private(set) var release: KubernetesVersion?
    /// kubeadm's controlPlaneEndpoint, from files and flags.
    private(set) var endpoints: [Found<HostPort>] = []
    /// What hosts join through.
    private(set) var joinEndpoints: [Found<HostPort>] = []
    private(set) var masters: [Member] = []
    /// All hosts, masters among them.
    private(set) var hosts: [Member] = []
    private(set) var virtual: [VirtualAddress] = []
    /// Ports of API servers that are written down.
    private(set) var bindPorts: Set<Int> = []
    private(set) var pods: [Found<CIDR>] = []
    private(set) var services: [Found<CIDR>] = []
    /// Names of hosts, lower case, and their addresses.
    private(set) var names: [String: Set<IPAddress>] = [:]
    /// Names that mean a way to the API servers and not a host.
    private(set) var endpointNames: Set<String> = []
    /// What those names mean on any host.
    private var endpointAddresses: Set<IPAddress> = []
    private var hostIndices: [IPAddress: Int] = [:]
    private var masterAddresses: Set<IPAddress> = []
    private var virtualAddresses: Set<IPAddress> = []
    private let etcd: EtcdMembers

    init(_ material: Material, release: KubernetesVersion?) {
        self.release = release ?? Self.release(material)
        etcd = EtcdMembers(material)
        gatherVirtual(material)
        gatherEndpoints(material)
        gatherKubeadm(material)
        gatherOthers(material)
        gatherCommands(material)
        gatherHosts(material)
        gatherRanges(material)
    }

    /// Ports at which API servers listen: those written down, else kubeadm's own.
    var apiPorts: Set<Int> { bindPorts.isEmpty ? [6443] : bindPorts }

    func isMaster(_ address: IPAddress) -> Bool { masterAddresses.contains(address) }
    func isVirtual(_ address: IPAddress) -> Bool { virtualAddresses.contains(address) }
    /// Whether the document makes a member of etcd and no master.
    func isEtcdOnly(_ document: KubeadmText) -> Bool { etcd.holds(document) }

    /// Virtual addresses that hosts really hold, each once.
    var moving: [VirtualAddress] {
        var seen: Set<IPAddress> = []
        return virtual.filter { $0.holder != .guardian && seen.insert($0.address).inserted }
    }

    /// Those of them that lead to the API servers: the ones that clients are given, else the only one there is.
    var controlPlane: [VirtualAddress] {
        let given = Set((endpoints + joinEndpoints).compactMap(\.value.address)).union(endpointAddresses)
        let named = virtual.filter { given.contains($0.address) }
        if !named.isEmpty { return named }
        return Set(virtual.map(\.address)).count == 1 ? virtual : []
    }

    /// The address of the host that a hint means; `nil` if that is not certain.
    func address(of hint: HostHint) -> IPAddress? {
        if let address = hint.address { return address }
        let candidates = ([hint.name?.lowercased()].compactMap { $0 } + hint.words).lazy.compactMap { names[$0] }
        return candidates.first { $0.count == 1 }?.first
    }

    private static func release(_ material: Material) -> KubernetesVersion? {
        let written =
            material.kubeadm(.cluster).compactMap { $0.tree["kubernetesVersion"]?.text }
            + material.rke.compactMap { $0.tree["kubernetes_version"]?.text }
            + material.commands.flatMap { $0.command.option("--kubernetes-version").map(\.value) }
        return written.lazy.compactMap { KubernetesVersion($0) }.first
    }

    private mutating func gatherVirtual(_ material: Material) {
        for config in material.keepalived {
            for address in config.instances.flatMap(\.addresses) {
                addVirtual(VirtualAddress(address: address.value, holder: .keepalived, place: address.place))
            }
        }
        for pod in material.kubeVIPs where pod.address != nil && (pod.isOn("cp_enable") || !pod.isOn("svc_enable")) {
            guard let address = pod.address else { continue }
            addVirtual(VirtualAddress(address: address.value, holder: .kubeVIP, place: address.place))
        }
        for targets in Self.guardians(material) {
            guard let address = targets.virtual.value.address else { continue }
            addVirtual(VirtualAddress(address: address, holder: .guardian, place: targets.virtual.place))
            for master in targets.real { addMaster(master.value.address, nil, master.place) }
        }
    }

    private static func guardians(_ material: Material) -> [GuardianTargets] {
        material.guardians + material.commands.compactMap { GuardianTargets($0.command.words) }
            + material.manifests.flatMap(\.containers).compactMap { GuardianTargets($0.words) }
    }

    private mutating func gatherEndpoints(_ material: Material) {
        let written =
            material.kubeadm(.cluster).compactMap { $0.tree["controlPlaneEndpoint"]?.found }
            + material.commands.flatMap { $0.command.option("--control-plane-endpoint") }
        endpoints = written.compactMap { text in HostPort(text.value).map { Found($0, text.place) } }
        let joined = material.kubeadm(.join).compactMap { document in
            document.tree.at("discovery.bootstrapToken.apiServerEndpoint")?.found.flatMap { text in
                HostPort(text.value).map { Found($0, text.place) }
            }
        }
        joinEndpoints = joined + material.commands.compactMap { $0.command.joinEndpoint }
        endpointNames = Set((endpoints + joinEndpoints).filter { $0.value.address == nil }.map(\.value.host))
        for document in material.kubeadm { if let port = document.bindPort { bindPorts.insert(port) } }
    }

    private mutating func gatherKubeadm(_ material: Material) {
        for document in material.kubeadm where document.isKind(.initialise) || document.isKind(.join) {
            let name = document.tree.at("nodeRegistration.name")?.text?.lowercased()
            let inner = document.kubeletArgument("node-ip").flatMap { text in
                IPAddress(text.value.prefix { $0 != "," }.trimmed).map { Found($0, text.place) }
            }
            let advertised = document.advertised.flatMap { isBalanced($0.value, document) ? nil : $0 }
            guard let own = advertised ?? inner else { continue }
            if document.isMaster, !isEtcdOnly(document) {
                addMaster(own.value, name, own.place)
            } else {
                addHost(own.value, name, own.place)
            }
        }
    }

    /// An address before a balancer, or one that moves: no master has it as its own.
    func isBalanced(_ address: IPAddress, _ document: KubeadmText) -> Bool {
        if isVirtual(address) { return true }
        let port = document.bindPort ?? 6443
        return endpoints.contains { $0.value.address == address && ($0.value.port ?? 6443) != port }
    }

    private mutating func gatherOthers(_ material: Material) {
        for cluster in material.rke {
            for node in cluster.nodes {
                guard let address = node.inner else { continue }
                let place = node.address.place
                if node.roles.contains("controlplane") {
                    addMaster(address, node.name, place)
                } else {
                    addHost(address, node.name, place)
                }
                addHost(IPAddress(node.address.value), node.name, place)
            }
        }
        for config in material.haproxy {
            for proxy in config.toAPIServers(apiPorts) {
                for server in config.targets(proxy).flatMap(\.servers) {
                    addMaster(server.address.address, nil, server.place)
                }
            }
        }
        for config in material.keepalived {
            for instance in config.instances {
                for peer in instance.peers?.value ?? [] { addHost(peer.value, nil, peer.place) }
                if let source = instance.source { addHost(source.value, nil, source.place) }
            }
        }
    }

    private mutating func gatherCommands(_ material: Material) {
        for (command, section) in material.commands {
            guard command.kubeadmVerb != nil, let place = command.place else { continue }
            for address in command.option("--apiserver-advertise-address") {
                addMaster(IPAddress(address.value), command.option("--node-name").first?.value, address.place)
            }
            guard let address = section.host.address else { continue }
            if command.makesMaster {
                addMaster(address, section.host.name, place)
            } else {
                addHost(address, section.host.name, place)
            }
        }
    }

    /// Names first, because a name that means several addresses in scripts is no host's. Of other names a hosts file may have
    /// any: it is a host of the cluster that another file calls so, or whose file this is.
    private mutating func gatherHosts(_ material: Material) {
        var meanings: [String: Set<IPAddress>] = [:]
        for table in material.hostsTables {
            for entry in table.usable {
                for name in entry.names where !table.isWhole { meanings[name, default: []].insert(entry.address) }
                for name in entry.names where name.hasPrefix("apiserver.") { endpointNames.insert(name) }
            }
        }
        endpointNames.formUnion(meanings.filter { $0.value.count > 1 }.keys)
        for entry in material.hostsTables.flatMap(\.usable) where entry.names.contains(where: endpointNames.contains) {
            endpointAddresses.insert(entry.address)
        }
        let nodes = Set(names.keys).union(Self.nodeNames(material))
        for table in material.hostsTables {
            let own = Set(table.host.words + [table.host.name?.lowercased()].compactMap { $0 })
            for entry in table.usable where !entry.names.contains(where: endpointNames.contains) {
                guard !isVirtual(entry.address) else { continue }
                for name in entry.names { names[name, default: []].insert(entry.address) }
                let isCertain =
                    table.host.address == entry.address
                    || entry.names.contains { nodes.contains($0) || own.contains($0) }
                addHost(entry.address, entry.names.first, entry.place, isCertain: isCertain)
            }
        }
    }

    /// Names that files give to nodes, lower case, with an address or without.
    private static func nodeNames(_ material: Material) -> [String] {
        let commands = material.commands.filter { $0.command.kubeadmVerb != nil }
        let names =
            material.kubeadm.compactMap { $0.tree.at("nodeRegistration.name")?.text }
            + commands.flatMap {
                $0.command.option("--node-name").map(\.value) + [$0.section.host.name].compactMap { $0 }
            }
            + material.rke.flatMap { $0.nodes.flatMap { [$0.name, $0.address.value].compactMap { $0 } } }
        return names.map { $0.lowercased() }
    }

    private mutating func gatherRanges(_ material: Material) {
        func blocks(_ texts: [Found<String>]) -> [Found<CIDR>] {
            texts.flatMap { text in
                text.value.split(separator: ",").compactMap { CIDR($0.trimmed) }.map { Found($0, text.place) }
            }
        }
        let cluster = material.kubeadm(.cluster)
        let commands = material.commands.map(\.command)
        var podTexts = cluster.flatMap { $0.blocks("networking.podSubnet") }
        podTexts += material.rke.compactMap { $0.setting("kube-controller", "cluster_cidr") }
        podTexts += commands.flatMap { $0.option("--pod-network-cidr") }
        var serviceTexts = cluster.flatMap { $0.blocks("networking.serviceSubnet") }
        serviceTexts += material.rke.compactMap { $0.setting("kube-api", "service_cluster_ip_range") }
        serviceTexts += commands.flatMap { $0.option("--service-cidr") }
        pods = blocks(podTexts)
        services = blocks(serviceTexts)
    }

    private mutating func addMaster(_ address: IPAddress?, _ name: String?, _ place: Place) {
        guard let address, address.unusable == nil, !isVirtual(address) else { return }
        addHost(address, name, place)
        guard masterAddresses.insert(address).inserted else { return }
        masters.append(Member(address: address, name: name, place: place))
    }

    private mutating func addVirtual(_ held: VirtualAddress) {
        virtualAddresses.insert(held.address)
        virtual.append(held)
    }

    private mutating func addHost(_ address: IPAddress?, _ name: String?, _ place: Place, isCertain: Bool = true) {
        guard let address, address.unusable == nil, !isVirtual(address) else { return }
        if let name { names[name.lowercased(), default: []].insert(address) }
        if let index = hostIndices[address] {
            if isCertain { hosts[index].isCertain = true }
            return
        }
        hostIndices[address] = hosts.count
        hosts.append(Member(address: address, name: name, place: place, isCertain: isCertain))
    }
}
