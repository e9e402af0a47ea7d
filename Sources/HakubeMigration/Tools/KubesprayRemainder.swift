// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Variables of kubespray's hosts file that nobody took, and why.
extension Translation {
    /// - Parameter hosts: those of the cluster and its bastion.
    mutating func leave(
        rest inventory: AnsibleInventory, hosts: [String: HostVariables], cluster: ClusterVariables
    ) {
        for (name, group) in inventory.groups.sorted(by: { $0.key < $1.key }) {
            let members = hosts.values.filter { $0.groups.contains(name) }
            for entry in group.variables where isOpen(entry.value) {
                leave(entry, of: name, members, cluster)
            }
        }
        for host in inventory.hosts {
            for entry in hosts[host.name]?.own ?? [] where isOpen(entry.value) {
                leave(entry, ofHost: hosts[host.name])
            }
        }
    }

    private func isOpen(_ node: SourceNode) -> Bool {
        !node.isTemplate && !ledger.knows(node) && !node.leaves.contains(where: ledger.knows)
    }

    private mutating func leave(
        _ entry: SourceNode.Entry, of group: String, _ members: [HostVariables], _ cluster: ClusterVariables
    ) {
        if entry.key == "ansible_group_priority" {
            return ledger.settle(entry.value, "the groups' variables were read in the order that it gives")
        }
        if ClusterVariables.names.contains(entry.key) {
            guard cluster.groups.contains(group) else {
                return leaveSingle(entry.value, "not all masters are in the group \(group)")
            }
            if cluster.nearest(entry.key) != entry.value { leave(covered: entry.value) }
        } else if let names = HostVariables.names.first(where: { $0.contains(entry.key) }) {
            if members.isEmpty {
                ledger.leave(
                    entry.value, "no host of the cluster is in the group \(group)",
                    "leave it out, or put the hosts into the group")
            } else if members.allSatisfy({ $0.nearest(names) != entry.value }) {
                leave(covered: entry.value)
            }
        }
    }

    private mutating func leave(_ entry: SourceNode.Entry, ofHost values: HostVariables?) {
        if ClusterVariables.names.contains(entry.key) {
            leaveSingle(entry.value, "it is one host's")
        } else if let names = HostVariables.names.first(where: { $0.contains(entry.key) }),
            values?.nearest(names) != entry.value
        {
            leave(covered: entry.value)
        }
    }

    private mutating func leaveSingle(_ node: SourceNode, _ whose: String) {
        ledger.leave(
            node, "\(whose), and the inventory says it for the whole cluster",
            "write it into the inventory if the whole cluster shall have it")
    }

    private mutating func leave(covered node: SourceNode) {
        ledger.leave(
            node, "another line says so, too, which is nearer to the hosts, and that one counts", "leave it out")
    }
}
