// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// What tools say about single hosts.
extension Translation {
    /// A host without a part in the cluster.
    mutating func leave(idle host: SourceNode) {
        ledger.leave(host, "the host is neither a master nor a worker", "make it one of them, or leave it out")
    }

    /// Takes a host's labels; what has etcd alone is no node and has none.
    mutating func take(labels node: SourceNode?, into host: inout InventoryDraft.DraftHost, _ group: HostGroup) {
        for label in node?.entries ?? [] {
            guard group != .etcd else {
                leave(nodeSetting: label.value)
                continue
            }
            host.labels.append((label.key, label.value.text ?? ""))
            ledger.take(label.value, as: "\(group.rawValue) labels")
        }
    }

    /// Takes a host's taints: maps of `key`, `value`, `effect`, or texts as kubectl has them. RKE and kubespray add kubeadm's own
    /// to them; hakube's list is the whole of a host's taints.
    ///
    /// - Parameter isOpen: the host runs workloads, and has no taint of kubeadm's that a list would take away.
    mutating func take(
        taints node: SourceNode?, isOpen: Bool, into host: inout InventoryDraft.DraftHost, _ group: HostGroup
    ) {
        guard let node, !node.isTemplate else { return }
        for taint in node.words where !taint.isEmpty && !taint.isTemplate {
            guard group != .etcd else {
                leave(nodeSetting: taint)
                continue
            }
            guard isOpen else {
                ledger.leave(
                    taint, "`taints` of a master would take the place of kubeadm's own taint",
                    "write `taints` with both of them")
                continue
            }
            guard let text = Self.taint(taint) else {
                ledger.leave(taint, "it is no taint", "write it under `taints` of the host, as key=value:NoSchedule")
                continue
            }
            host.taints = (host.taints ?? []) + [text]
            ledger.take(taint, as: "\(group.rawValue) taints")
        }
    }

    private static func taint(_ node: SourceNode) -> String? {
        let (key, value, effect): (String, String, String)
        if let text = node.word {
            guard let colon = text.lastIndex(of: ":") else { return nil }
            let parts = text[..<colon].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            (key, value) = (String(parts[0]), parts.count == 2 ? String(parts[1]) : "")
            effect = String(text[text.index(after: colon)...])
        } else {
            (key, value) = (node["key"]?.word ?? "", node["value"]?.word ?? "")
            effect = node["effect"]?.word ?? ""
        }
        guard Naming.isLabelKey(key), Naming.isLabelValue(value), let known = Taint.Effect(rawValue: effect) else {
            return nil
        }
        return Taint(key: key, value: value, effect: known).description
    }

    private mutating func leave(nodeSetting node: SourceNode) {
        ledger.leave(node, "an etcd host is no node of the cluster", "leave it out")
    }
}

/// Where a host stands in the inventory.
enum HostGroup: String, Sendable {
    case masters, nodes
    case etcd = "etcd.hosts"
}

extension InventoryDraft {
    mutating func add(_ host: DraftHost, to group: HostGroup) {
        switch group {
        case .masters: masters.append(host)
        case .nodes: nodes.append(host)
        case .etcd: etcdHosts.append(host)
        }
    }
}
