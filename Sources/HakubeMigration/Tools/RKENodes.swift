// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Translation {
    mutating func read(rkeNodes list: SourceNode?) {
        let nodes = list?.items ?? []
        func addresses(_ role: String) -> Set<String> {
            Set(nodes.filter { Self.roles(of: $0).contains(role) }.compactMap { $0["address"]?.word })
        }
        let place = EtcdPlace(
            members: addresses("etcd"), masters: addresses("controlplane"), workers: addresses("worker"))
        for node in nodes {
            let roles = Self.roles(of: node)
            let group: HostGroup = roles.contains("controlplane") ? .masters : roles.contains("worker") ? .nodes : .etcd
            if group == .etcd, !roles.contains("etcd") || place != .apart {
                if roles.contains("etcd") { leave(etcdHost: [node]) } else { leave(idle: node) }
                continue
            }
            guard let host = host(rke: node, roles, group) else { continue }
            draft.add(host, to: group)
            for role in node["role"]?.words ?? [] { take(role: role, roles, place) }
        }
    }

    private static func roles(of node: SourceNode) -> Set<String> {
        Set(node["role"]?.words.compactMap(\.word) ?? [])
    }

    private mutating func take(role: SourceNode, _ roles: Set<String>, _ place: EtcdPlace) {
        switch role.word {
        case "controlplane": ledger.take(role, as: "masters")
        case "worker": ledger.take(role, as: roles.contains("controlplane") ? "masters, with taints: []" : "nodes")
        case "etcd" where place == .apart: ledger.take(role, as: "etcd.hosts")
        case "etcd" where place == .masters: ledger.settle(role, "every master has a member of etcd")
        case "etcd": leave(etcdHost: [role])
        default: break
        }
        // Kubernetes' own rule: etcd is on all masters or on none.
        if role.word == "controlplane" && place != .apart && !roles.contains("etcd") {
            ledger.leave(
                role, "this master had no etcd, and with hakube it has", "see that its disk is fast enough for etcd")
        }
    }

    private mutating func host(
        rke node: SourceNode, _ roles: Set<String>, _ group: HostGroup
    ) -> InventoryDraft.DraftHost? {
        guard let address = node["address"], let text = address.word else { return nil }
        var host = InventoryDraft.DraftHost(address: text)
        ledger.take(address, as: "\(group.rawValue) address")
        func word(_ key: String, as target: String) -> String? {
            guard let value = node[key], let word = value.word else { return nil }
            ledger.take(value, as: "\(group.rawValue) \(target)")
            return word
        }
        host.internalAddress = word("internal_address", as: "internalAddress")
        if host.internalAddress == text { host.internalAddress = nil }
        host.name = word("hostname_override", as: "name")
        host.login.user = word("user", as: "user")
        host.login.port = word("port", as: "port")
        host.login.key = word("ssh_key_path", as: "key")
        take(labels: node["labels"], into: &host, group)
        if roles.contains("controlplane") && roles.contains("worker") { host.taints = [] }
        take(taints: node["taints"], isOpen: roles.contains("worker"), into: &host, group)
        ledger.leave(secret: node["ssh_key"], "write the key to a file of mode 0600 and set `key`")
        for key in ["ssh_cert", "ssh_cert_path"] {
            ledger.leave(
                node[key], "an inventory names no certificates of keys", "name it as CertificateFile in ~/.ssh/config")
        }
        ledger.settle(node["ssh_agent_auth"], "ssh-agent is asked where there is one")
        ledger.leave(node["docker_socket"], "it belongs to docker", "leave it out, hakube runs containerd")
        return host
    }
}
