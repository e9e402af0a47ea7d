// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Translation {
    /// Takes the hosts, and gives back those that have etcd without being masters.
    mutating func read(rkeNodes list: SourceNode?) -> [SourceNode] {
        var etcdHosts: [SourceNode] = []
        for node in list?.items ?? [] {
            let roles = Set(node["role"]?.words.compactMap(\.word) ?? [])
            guard roles.contains("controlplane") || roles.contains("worker") else {
                if roles.contains("etcd") { etcdHosts.append(node) } else { leave(idle: node) }
                continue
            }
            guard let host = host(rke: node, roles) else { continue }
            if roles.contains("controlplane") { draft.masters.append(host) } else { draft.nodes.append(host) }
            for role in node["role"]?.words ?? [] { take(role: role, roles, node) }
        }
        return etcdHosts
    }

    private mutating func take(role: SourceNode, _ roles: Set<String>, _ node: SourceNode) {
        switch role.word {
        case "controlplane": ledger.take(role, as: "masters")
        case "worker": ledger.take(role, as: roles.contains("controlplane") ? "masters, with taints: []" : "nodes")
        case "etcd" where roles.contains("controlplane"):
            ledger.settle(role, "every master has a member of etcd")
        case "etcd":
            ledger.leave(role, "etcd runs on masters", "make it a master, or leave etcd to the masters")
        default: break
        }
        // Kubernetes' own rule: etcd is on all masters or on none.
        if role.word == "controlplane" && !roles.contains("etcd") {
            ledger.leave(
                role, "this master had no etcd, and with hakube it has", "see that its disk is fast enough for etcd")
        }
    }

    private mutating func host(rke node: SourceNode, _ roles: Set<String>) -> InventoryDraft.DraftHost? {
        guard let address = node["address"], let text = address.word else { return nil }
        let group = roles.contains("controlplane") ? "masters" : "nodes"
        var host = InventoryDraft.DraftHost(address: text)
        ledger.take(address, as: "\(group) address")
        func word(_ key: String, as target: String) -> String? {
            guard let value = node[key], let word = value.word else { return nil }
            ledger.take(value, as: "\(group) \(target)")
            return word
        }
        host.internalAddress = word("internal_address", as: "internalAddress")
        if host.internalAddress == text { host.internalAddress = nil }
        host.name = word("hostname_override", as: "name")
        host.login.user = word("user", as: "user")
        host.login.port = word("port", as: "port")
        host.login.key = word("ssh_key_path", as: "key")
        for label in node["labels"]?.entries ?? [] {
            host.labels.append((label.key, label.value.text ?? ""))
            ledger.take(label.value, as: "\(group) labels")
        }
        if roles.contains("controlplane") && roles.contains("worker") { host.taints = [] }
        take(taints: node["taints"], roles, into: &host)
        ledger.leave(secret: node["ssh_key"], "write the key to a file of mode 0600 and set `key`")
        for key in ["ssh_cert", "ssh_cert_path"] {
            ledger.leave(
                node[key], "an inventory names no certificates of keys", "name it as CertificateFile in ~/.ssh/config")
        }
        ledger.settle(node["ssh_agent_auth"], "ssh-agent is asked where there is one")
        ledger.leave(node["docker_socket"], "it belongs to docker", "leave it out, hakube runs containerd")
        return host
    }

    /// RKE adds its own taint to these; hakube's list is the whole of them.
    private mutating func take(
        taints node: SourceNode?, _ roles: Set<String>, into host: inout InventoryDraft.DraftHost
    ) {
        for taint in node?.items ?? [] {
            guard roles.contains("worker"), let key = taint["key"]?.word, let effect = taint["effect"]?.word else {
                ledger.leave(
                    taint, "`taints` of a master would take the place of kubeadm's own taint",
                    "write `taints` with both of them")
                continue
            }
            let value = taint["value"]?.word.map { "=\($0)" } ?? ""
            host.taints = (host.taints ?? []) + ["\(key)\(value):\(effect)"]
            ledger.take(taint, as: "taints")
        }
    }
}
