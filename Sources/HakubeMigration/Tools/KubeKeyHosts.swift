// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Translation {
    /// `hosts` and `roleGroups` of KubeKey's Cluster.
    mutating func readHosts(_ spec: SourceNode?) {
        let groups = spec?["roleGroups"]
        let masters = names(groups?.first("control-plane", "master"), as: "masters")
        let workers = names(groups?["worker"], as: "nodes")
        let etcd = KubeKeyNames(groups?["etcd"])
        var known: Set<String> = []
        for node in spec?["hosts"]?.items ?? [] {
            guard let name = node["name"]?.word else { continue }
            known.insert(name)
            let isMaster = masters.contains(name)
            guard isMaster || workers.contains(name) else {
                if etcd.names.contains(name) {
                    leave(etcdHosts: [node], of: "KubeKey")
                } else {
                    leave(idle: node)
                }
                continue
            }
            guard var host = host(kubekey: node, group: isMaster ? "masters" : "nodes") else { continue }
            if isMaster && workers.contains(name) { host.taints = [] }
            if isMaster { draft.masters.append(host) } else { draft.nodes.append(host) }
        }
        for node in etcd.nodes {
            if Set(etcd.names) == Set(masters) {
                ledger.settle(node, "every master has a member of etcd")
            } else {
                ledger.leave(
                    node, "etcd runs on the masters, all of them and nowhere else",
                    "leave it out, or make other masters")
            }
        }
        for node in groups?.entries.flatMap(\.value.items) ?? [] {
            let strangers = KubeKeyNames.expanded(node.word ?? "").filter { !known.contains($0) }
            guard !strangers.isEmpty else { continue }
            ledger.leave(
                node, "there is no host \(strangers.joined(separator: ", ")) under `hosts`",
                "list what is missing, or take it out of the group")
        }
        if let registry = groups?["registry"] {
            ledger.leave(
                registry, "hakube installs no registry", "keep the one you have, and name it under `registries`")
        }
    }

    private mutating func names(_ group: SourceNode?, as target: String) -> [String] {
        let names = KubeKeyNames(group)
        for node in names.nodes { ledger.take(node, as: target) }
        return names.names
    }

    private mutating func host(kubekey node: SourceNode, group: String) -> InventoryDraft.DraftHost? {
        guard let address = node["address"], let text = address.word else { return nil }
        var host = InventoryDraft.DraftHost(address: text)
        ledger.take(address, as: "\(group) address")
        for (key, place, target) in [
            ("name", \InventoryDraft.DraftHost.name, "name"), ("user", \.login.user, "user"),
            ("port", \.login.port, "port"), ("privateKeyPath", \.login.key, "key"),
        ] {
            guard let value = node[key], let word = value.word else { continue }
            host[keyPath: place] = word
            ledger.take(value, as: "\(group) \(target)")
        }
        // KubeKey logs in as root unless told otherwise.
        host.login.user = host.login.user ?? "root"
        take(internalAddress: node["internalAddress"], into: &host, group)
        for label in node["labels"]?.entries ?? [] {
            host.labels.append((label.key, label.value.text ?? ""))
            ledger.take(label.value, as: "\(group) labels")
        }
        ledger.leave(
            secret: node["password"],
            "give it with --password-file FILE (mode 0600) or HAKUBE_SSH_PASSWORD, or use keys")
        ledger.leave(secret: node["privateKey"], "write the key to a file of mode 0600 and set `key`")
        ledger.settle(node["arch"], "hosts say their architecture themselves")
        ledger.settle(node["timeout"], "--connect-timeout says how long a connection may take")
        return host
    }

    private mutating func take(
        internalAddress node: SourceNode?, into host: inout InventoryDraft.DraftHost, _ group: String
    ) {
        guard let node, let text = node.word else { return }
        let addresses = text.split(separator: ",").map(String.init)
        if addresses.count > 1 {
            ledger.leave(
                node, "the cluster knows a host by one address, of the first family",
                "hosts may have others; write the second blocks of podSubnet and serviceSubnet for dual stack")
        } else {
            ledger.take(node, as: "\(group) internalAddress")
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
