// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// A cluster that stands, and hosts that shall be part of it.
package struct ClusterGrowth: Sendable, Hashable {
    /// The cluster as it shall be.
    package let spec: ClusterSpec
    /// The hosts that were named, members already or not, in the order of the specification.
    package let named: [HostID]

    /// Adds the hosts of an inventory to a cluster that stands.
    ///
    /// Hosts that are members already stay as they are, so that the same call is right a second time; only labels and taints
    /// are the inventory's, where it lists a member.
    ///
    /// - Parameters:
    ///   - standing: the cluster as it stands.
    ///   - inventory: only its hosts and the way to log in to them are looked at; it may list members, too.
    ///   - flags: what the command line says; it counts where both say something.
    ///   - bundleKubernetes: the release the bundle holds; it has to be the cluster's.
    ///   - allowsEvenMasters: true where nothing will be installed.
    /// - Throws: every problem there is.
    package init(
        of standing: ClusterSpec, inventory: Inventory, flags: InventoryOverrides,
        bundleKubernetes: KubernetesVersion? = nil, allowsEvenMasters: Bool = false
    ) throws(InventoryError) {
        if inventory.isUnreadable { throw InventoryError(problems: inventory.problems) }
        let wanted = inventory.overridden(by: flags.inventory)
        var roster = GrowthRoster(standing: standing)
        roster.checkEtcd(wanted.etcd)
        // An inventory lists whoever there is; a flag means the hosts that it names.
        let masters = roster.entries(of: wanted.masters, .master, naming: !flags.masters.isEmpty)
        let nodes = roster.entries(of: wanted.nodes, .node, naming: !flags.nodes.isEmpty)
        let hasHosts = !standing.etcd.hosts.isEmpty
        let etcd = roster.entries(of: hasHosts ? wanted.etcd?.hosts : nil, .etcd, naming: !flags.etcd.isEmpty)
        guard wanted.masters != nil || wanted.nodes != nil || wanted.etcd?.hosts != nil else {
            throw InventoryError(problems: [
                Problem(
                    place: "--nodes", message: "no host is named that shall join",
                    remedy: "write --nodes 10.0.0.9, --masters 10.0.0.7,10.0.0.8, or both")
            ])
        }
        var whole = Inventory(standing: standing)
        whole.ssh = wanted.ssh
        // Newcomers are most often reached as the others are.
        if let user = standing.common(\.user) { whole.ssh.user = whole.ssh.user ?? Placed(user, "the cluster") }
        if let port = standing.common(\.port) {
            whole.ssh.port = whole.ssh.port ?? Placed(String(port), "the cluster")
        }
        if let key = standing.common(\.keyPath) { whole.ssh.key = whole.ssh.key ?? Placed(key, "the cluster") }
        if let way = standing.common(\.bastions) {
            whole.ssh.bastion = whole.ssh.bastion ?? Placed(Bastion.text(way), "the cluster")
        }
        whole.problems = wanted.problems + roster.problems
        whole.masters?.entries += masters
        whole.masters?.place = wanted.masters?.place ?? "--masters"
        if !nodes.isEmpty {
            whole.nodes = Inventory.Group(place: "--nodes", entries: (whole.nodes?.entries ?? []) + nodes)
        }
        whole.etcd?.hosts?.entries += etcd
        whole.etcd?.hosts?.place = wanted.etcd?.place ?? "--etcd"
        for (index, host) in standing.masters.enumerated() {
            roster.listed[host.id].map { whole.masters?.entries[index].takeMarks(of: $0) }
        }
        for (index, host) in standing.nodes.enumerated() {
            roster.listed[host.id].map { whole.nodes?.entries[index].takeMarks(of: $0) }
        }
        // A cluster that lost a voter still takes others; only new voters have to make the number right.
        let voters = hasHosts ? etcd : masters
        let grown = try ClusterSpec.make(
            inventory: whole, bundleKubernetes: bundleKubernetes,
            allowsEvenMasters: allowsEvenMasters || voters.isEmpty || standing.etcd.isExternal)
        spec = standing.with(
            masters: grown.masters, nodes: grown.nodes, etcd: standing.etcd.with(hosts: grown.etcd.hosts),
            adopted: standing.adopted.subtracting(roster.listed.keys))
        let names = roster.members.union((masters + nodes + etcd).map { HostID($0.hosts.value) })
        named = spec.hosts.map(\.id).filter(names.contains)
    }
}

/// Sorts the hosts of an inventory into members and newcomers.
private struct GrowthRoster {
    let standing: ClusterSpec
    var members: Set<HostID> = []
    /// Members that an inventory lists, with what it says of them.
    var listed: [HostID: Inventory.Entry] = [:]
    var problems: [Problem] = []

    /// Only a cluster with hosts of etcd's own can get more of them.
    mutating func checkEtcd(_ section: Inventory.EtcdSection?) {
        guard let section, section.hosts != nil, standing.etcd.hosts.isEmpty else { return }
        let (message, remedy) =
            standing.etcd.isExternal
            ? ("somebody else runs the etcd of \(standing.name)", "add members where it is run")
            : ("the etcd of \(standing.name) is on its masters", "join masters: each brings a member of etcd")
        problems.append(Problem(place: section.place, message: message, remedy: remedy))
    }

    /// Entries of hosts that are no members yet, each for one host.
    ///
    /// - Parameter names: members among them are named, too.
    mutating func entries(of group: Inventory.Group?, _ role: Role, naming names: Bool) -> [Inventory.Entry] {
        (group?.entries ?? []).flatMap { entry -> [Inventory.Entry] in
            let list = HostList(entry.hosts.value, place: entry.hosts.place)
            problems += list.problems
            return list.items.compactMap { item in
                let target = item.target.description
                guard let member = standing.hosts.first(where: { $0.isAt(target) }) else {
                    var single = entry
                    single.hosts = Placed(target, entry.hosts.place)
                    single.access.user = item.user.map { Placed($0, entry.hosts.place) } ?? entry.access.user
                    single.access.port = item.port.map { Placed(String($0), entry.hosts.place) } ?? entry.access.port
                    return single
                }
                if member.role != role {
                    problems.append(
                        Problem(
                            place: entry.hosts.place, message: "\(target) is \(member.role.article) of the cluster",
                            remedy: "leave it out, or remove it with 'hakube clean' before it joins as another"))
                }
                if names { members.insert(member.id) } else { listed[member.id] = entry }
                return nil
            }
        }
    }
}

extension Host {
    /// True when the text names this host: as it was written, by its node's name, or by its address in the cluster.
    package func isAt(_ text: String) -> Bool {
        id.description == text || name == text || sshAddress == text || (IPAddress(text).map { $0 == address } ?? false)
    }
}

extension Inventory.Entry {
    fileprivate mutating func takeMarks(of other: Inventory.Entry) {
        labels = other.labels
        taints = other.taints
    }
}

extension Inventory {
    /// The inventory that would make this cluster, kubeadm's documents apart: those were checked when it was made.
    init(standing spec: ClusterSpec) {
        self.init()
        let place = "the cluster"
        func placed(_ text: String) -> Placed<String> { Placed(text, place) }
        func group(_ hosts: [Host]) -> Group? {
            guard !hosts.isEmpty else { return nil }
            return Group(
                place: place,
                entries: hosts.map { host in
                    var entry = Entry(hosts: placed(host.sshAddress))
                    entry.name = host.name.map(placed)
                    entry.access.user = host.access.user.map(placed)
                    entry.access.port = host.access.port.map { placed(String($0)) }
                    entry.access.key = host.access.keyPath.map(placed)
                    entry.access.bastion = host.access.bastions.map { placed(Bastion.text($0)) }
                    if host.address.description != host.sshAddress {
                        entry.internalAddress = placed(host.address.description)
                    }
                    entry.labels = host.labels.sorted { $0.key < $1.key }.map {
                        Label(key: placed($0.key), value: $0.value)
                    }
                    entry.taints = host.taints?.map { placed($0.description) }
                    return entry
                })
        }
        cluster = placed(spec.name)
        kubernetes = placed(spec.kubernetes.description)
        masters = group(spec.masters)
        nodes = group(spec.nodes)
        if case .hosts(let hosts) = spec.etcd {
            etcd = EtcdSection(place: place)
            etcd?.hosts = group(hosts)
        }
        endpointName = placed(spec.endpoint.name)
        endpointPort = placed(String(spec.endpoint.port))
        vip = spec.endpoint.vip.map { placed($0.description) }
        guardian = spec.endpoint.guardian.map { placed($0.rawValue) }
        strategy = placed(spec.endpoint.kind.rawValue)
        if spec.endpoint.serverPort != spec.endpoint.port { serverPort = placed(String(spec.endpoint.serverPort)) }
        if let floating = spec.endpoint.floating {
            interface = floating.interface.map(placed)
            if spec.endpoint.kind != .kubeVIP { virtualRouterID = placed(String(floating.virtualRouterID)) }
        }
        if case .kubeVIP(_, .bgp(let routing)) = spec.endpoint.strategy {
            bgp = Routing(
                place: place, autonomousSystem: placed(String(routing.autonomousSystem)),
                peers: routing.peers.map { placed($0.description) })
        }
        podSubnets = spec.podSubnets.map { placed($0.description) }
        serviceSubnets = spec.serviceSubnets.map { placed($0.description) }
        dnsDomain = placed(spec.dnsDomain)
        proxyMode = placed(spec.proxyMode.rawValue)
        imageRepository = placed(spec.imageRepository)
        certSANs = spec.extraCertSANs.map(placed)
        dnsReplicas = spec.dns?.replicas.map { placed($0.description) }
        dnsPlace = spec.dns?.isOnMasters == true ? placed("masters") : nil
        servicePools = spec.servicePools.map { pool in
            PoolEntry(namespace: placed(pool.namespace), ranges: pool.ranges.map { placed($0.ends) })
        }
    }
}

extension ClusterSpec {
    /// What all hosts have in common, if they have.
    fileprivate func common<Value: Hashable>(_ part: KeyPath<SSHAccess, Value?>) -> Value? {
        let values = Set(hosts.map { $0.access[keyPath: part] })
        return values.count == 1 ? values.first ?? nil : nil
    }

    /// The same cluster without some of its hosts.
    package func without(_ hosts: Set<HostID>) -> ClusterSpec {
        with(
            masters: masters.filter { !hosts.contains($0.id) }, nodes: nodes.filter { !hosts.contains($0.id) },
            etcd: etcd.with(hosts: etcd.hosts.filter { !hosts.contains($0.id) }))
    }
}
