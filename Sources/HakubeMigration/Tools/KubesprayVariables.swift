// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The variables of a host: its own before those of its groups (Ansible, "How variables are merged").
struct HostVariables {
    let own: [SourceNode.Entry]
    private let inherited: [SourceNode.Entry]

    init(_ inventory: AnsibleInventory, _ host: String, _ group: HostGroup?) {
        let cluster = ["k8s_cluster", "k8s-cluster"]
        switch group {
        case .masters:
            self.init(inventory, host, groups: ["kube_control_plane", "kube-master", "kube_master"] + cluster)
        case .nodes: self.init(inventory, host, groups: ["kube_node", "kube-node"] + cluster)
        case .etcd: self.init(inventory, host, groups: ["etcd"])
        case nil: self.init(inventory, host, groups: [])
        }
    }

    /// - Parameter groups: the host's, the nearest first; `all` comes last by itself.
    init(_ inventory: AnsibleInventory, _ host: String, groups: [String]) {
        own = inventory.hostVariables[host] ?? []
        inherited = (groups + ["all"]).flatMap { inventory.groups[$0]?.variables ?? [] }
    }

    /// The value of the first of these names that is set; a template's is known to Ansible only.
    subscript(names: [String]) -> SourceNode? {
        for entries in [own, inherited] {
            for name in names {
                guard let entry = entries.first(where: { $0.key == name }) else { continue }
                return entry.value.isTemplate ? nil : entry.value
            }
        }
        return nil
    }

    subscript(names: String...) -> SourceNode? { self[names] }
}

/// The variables of the cluster as a whole.
struct ClusterVariables {
    private let entries: [SourceNode.Entry]

    init(_ inventory: AnsibleInventory) {
        let groups = [
            "kube_control_plane", "kube-master", "etcd", "kube_node", "kube-node", "k8s_cluster", "k8s-cluster", "all",
        ]
        entries = groups.flatMap { inventory.groups[$0]?.variables ?? [] }
    }

    /// The nearest group's value. A template is none: what it gives is known to Ansible only.
    func take(_ name: String) -> SourceNode? {
        entries.first { $0.key == name && !$0.value.isTemplate }?.value
    }
}

extension SourceNode {
    /// `{{ … }}` of Ansible's.
    var isTemplate: Bool { text?.firstRange(of: "{{") != nil }
}
