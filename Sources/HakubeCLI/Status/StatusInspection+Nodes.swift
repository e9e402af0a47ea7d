// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension StatusInspection {
    /// The record, or the inventory, as a sentence calls it.
    private var wish: String { origin == .inventory ? "inventory" : "cluster's record" }

    /// The node of a host, and where it drifts from what was wanted.
    func nodeFindings(_ status: HostStatus) -> [StatusFinding] {
        let host = status.host
        guard cluster != nil, host.role != .etcd else { return [] }
        let place = host.id.description
        guard let node = status.node else {
            return [
                finding(
                    .fault, place, "the \(wish) has this host, and the cluster has no node of it",
                    "join it again, or take it out with 'hakube clean'")
            ]
        }
        var found: [StatusFinding] = []
        if node.isReady != true {
            let why = node.reason.isEmpty ? "" : ": \(TerminalText.printable(node.reason))"
            found.append(
                finding(
                    .fault, place, "the node \(node.name) is not Ready\(why)",
                    "see 'kubectl describe node \(node.name)' and the kubelet's log on the host"))
        }
        if node.isMaster != (host.role == .master) {
            let roles = node.isMaster ? "a master, and the \(wish) says node" : "no master, and the \(wish) says master"
            found.append(
                finding(
                    .fault, place, "the node \(node.name) is \(roles)",
                    "take the host out and join it again as what it is to be"))
        }
        if !node.addresses.isEmpty, !node.addresses.contains(host.address) {
            found.append(
                finding(
                    .fault, place, "the node \(node.name) has the address \(node.addresses[0]), not \(host.address)",
                    "see the kubelet's node-ip on the host"))
        }
        found += labelFindings(host, node) + taintFindings(host, node)
        if node.isUnschedulable {
            found.append(
                finding(
                    .note, place, "the node \(node.name) takes no new pods",
                    "'kubectl uncordon \(node.name)' opens it again"))
        }
        if origin != .inventory, node.kubeletVersion != spec.kubernetes.description {
            found.append(
                finding(
                    .caution, place, "its kubelet is \(node.kubeletVersion), and the cluster \(spec.kubernetes)",
                    "bring kubelet and record to the same release"))
        }
        return found
    }

    private func labelFindings(_ host: Host, _ node: ClusterNode) -> [StatusFinding] {
        let missing = host.labels.filter { node.labels[$0.key] != $0.value }.map { "\($0.key)=\($0.value)" }.sorted()
        guard !missing.isEmpty else { return [] }
        let list = missing.joined(separator: " ")
        return [
            finding(
                .fault, host.id.description, "the node \(node.name) lacks the label \(missing.joined(separator: ", "))",
                "'kubectl label --overwrite node \(node.name) \(list)' gives it back")
        ]
    }

    private func taintFindings(_ host: Host, _ node: ClusterNode) -> [StatusFinding] {
        guard let wanted = host.taints else { return [] }
        // Kubernetes itself taints nodes that are unwell, under this prefix.
        let standing = node.taints.filter { !$0.hasPrefix("node.kubernetes.io/") }
        let names = Set(wanted.map(\.description))
        let missing = names.subtracting(standing).sorted()
        let strange = standing.subtracting(names).sorted()
        var parts: [String] = []
        if !missing.isEmpty { parts.append("lacks the taint \(missing.joined(separator: ", "))") }
        if !strange.isEmpty { parts.append("has the taint \(strange.joined(separator: ", "))") }
        guard !parts.isEmpty else { return [] }
        return [
            finding(
                .fault, host.id.description, "the node \(node.name) \(parts.joined(separator: " and "))",
                "mend it with 'kubectl taint node \(node.name) …'")
        ]
    }

    /// Nodes that the cluster has and the specification lacks.
    var strangers: [StatusFinding] {
        let names = Set(spec.hosts.compactMap { $0.name ?? replies[$0.id]?.answer?.hostname.lowercased() })
        let addresses = Set(spec.hosts.map(\.address))
        return (cluster?.nodes ?? []).filter { node in
            !names.contains(node.name) && addresses.isDisjoint(with: node.addresses)
        }.map { node in
            let address = node.addresses.first.map { " (\($0))" } ?? ""
            return finding(
                .fault, "", "the cluster has the node \(node.name)\(address), which the \(wish) lacks",
                origin == .inventory
                    ? "add the host to the inventory, or take the node out of the cluster"
                    : "'hakube adopt' takes it into the record; 'kubectl delete node \(node.name)' removes it")
        }
    }
}
