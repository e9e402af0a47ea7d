// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Translation {
    /// `hosts` and `roleGroups` of KubeKey's Cluster.
    mutating func readHosts(_ spec: SourceNode?) {
        let groups = spec?["roleGroups"]
        let roles = [
            (group: HostGroup.masters, names: KubeKeyNames(groups?.first("control-plane", "master"))),
            (group: .nodes, names: KubeKeyNames(groups?["worker"])),
        ]
        let (masters, workers) = (Set(roles[0].names.names), Set(roles[1].names.names))
        let etcd = KubeKeyNames(groups?["etcd"])
        // KubeKey's other types of etcd have no use for the group.
        let isOwn = [nil, "kubekey"].contains(spec?["etcd"]?["type"]?.word)
        let place =
            isOwn ? EtcdPlace(members: Set(etcd.names), masters: masters, workers: workers) : EtcdPlace.masters
        var (made, known): (Set<String>, Set<String>) = ([], [])
        for node in spec?["hosts"]?.items ?? [] {
            guard let name = node["name"]?.word else { continue }
            known.insert(name)
            let isMember = isOwn && etcd.names.contains(name)
            let group: HostGroup? =
                masters.contains(name)
                ? .masters : workers.contains(name) ? .nodes : isMember && place == .apart ? .etcd : nil
            guard let group else {
                if isMember { leave(etcdHost: [node]) } else { leave(idle: node) }
                continue
            }
            guard var host = host(kubekey: node, group) else { continue }
            made.insert(name)
            if group == .masters && workers.contains(name) { host.taints = [] }
            draft.add(host, to: group)
        }
        for role in roles { take(role.names, as: role.group, made: made, known: known) }
        take(etcd, isOwn ? place : nil, masters: masters, made: made, known: known)
        ledger.leave(
            groups?["registry"], "hakube installs no registry", "keep the one you have, and name it under `registries`")
    }

    private mutating func take(_ names: KubeKeyNames, as group: HostGroup, made: Set<String>, known: Set<String>) {
        for node in names.nodes {
            let expanded = KubeKeyNames.expanded(node.word ?? "")
            if expanded.contains(where: made.contains) { ledger.take(node, as: group.rawValue) }
            leave(strangers: node, known)
        }
    }

    /// - Parameter place: `nil` where KubeKey's etcd is no unit of its own.
    private mutating func take(
        _ etcd: KubeKeyNames, _ place: EtcdPlace?, masters: Set<String>, made: Set<String>, known: Set<String>
    ) {
        guard place != .apart else { return take(etcd, as: .etcd, made: made, known: known) }
        for node in etcd.nodes {
            if place == nil {
                ledger.leave(node, "by etcd's `type` the group does not say where etcd is", "leave it out")
            } else if place == .mixed {
                leave(etcdHost: [node])
            } else if Set(etcd.names) == masters {
                ledger.settle(node, "every master has a member of etcd")
            } else {
                ledger.leave(
                    node, "etcd is on some of the masters, and with hakube on all of them",
                    "see that every master's disk is fast enough for etcd")
            }
            leave(strangers: node, known)
        }
    }

    private mutating func leave(strangers node: SourceNode, _ known: Set<String>) {
        let strangers = KubeKeyNames.expanded(node.word ?? "").filter { !known.contains($0) }
        guard !strangers.isEmpty else { return }
        ledger.leave(
            node, "there is no host \(strangers.joined(separator: ", ")) under `hosts`",
            "list what is missing, or take it out of the group")
    }

    /// KubeKey takes the internal address where there is no other.
    private mutating func host(kubekey node: SourceNode, _ group: HostGroup) -> InventoryDraft.DraftHost? {
        let internalAddress = node["internalAddress"]?.word.map { String($0.prefix { $0 != "," }) }
        guard let text = node["address"]?.word ?? internalAddress else {
            ledger.leave(node, "the host has no address", "write `address`")
            return nil
        }
        var host = InventoryDraft.DraftHost(address: text)
        if let address = node["address"], address.word != nil { ledger.take(address, as: "\(group.rawValue) address") }
        for (key, place, target) in [
            ("name", \InventoryDraft.DraftHost.name, "name"), ("user", \.login.user, "user"),
            ("port", \.login.port, "port"), ("privateKeyPath", \.login.key, "key"),
        ] {
            guard let value = node[key], let word = value.word else { continue }
            host[keyPath: place] = word
            ledger.take(value, as: "\(group.rawValue) \(target)")
        }
        // KubeKey logs in as root unless told otherwise.
        host.login.user = host.login.user ?? "root"
        take(internalAddress: node["internalAddress"], into: &host, group)
        take(labels: node["labels"], into: &host, group)
        ledger.leave(
            secret: node["password"],
            "give it with --password-file FILE (mode 0600) or HAKUBE_SSH_PASSWORD, or use keys")
        ledger.leave(secret: node["privateKey"], "write the key to a file of mode 0600 and set `key`")
        ledger.settle(node["arch"], "hosts say their architecture themselves")
        ledger.settle(node["timeout"], "--connect-timeout says how long a connection may take")
        return host
    }

    private mutating func take(
        internalAddress node: SourceNode?, into host: inout InventoryDraft.DraftHost, _ group: HostGroup
    ) {
        guard let node, let text = node.word else { return }
        let addresses = text.split(separator: ",").map(String.init)
        if addresses.count > 1 {
            ledger.leave(
                node, "the cluster knows a host by one address, of the first family",
                "hosts may have others; write the second blocks of podSubnet and serviceSubnet for dual stack")
        } else {
            ledger.take(node, as: "\(group.rawValue) internalAddress")
        }
        host.internalAddress = addresses.first == host.address ? nil : addresses.first
    }
}

/// The names of a role group: `node1`, or `node[2:10]` for node2 to node10.
struct KubeKeyNames {
    let nodes: [SourceNode]
    let names: [String]

    init(_ group: SourceNode?) {
        nodes = (group?.items ?? []).filter { $0.word != nil }
        var seen: Set<String> = []
        names = nodes.flatMap { Self.expanded($0.word ?? "") }.filter { seen.insert($0).inserted }
    }

    static func expanded(_ name: String) -> [String] { AnsibleRange.expanded(name) }
}
