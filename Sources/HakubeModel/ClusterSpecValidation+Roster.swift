// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What has to hold among hosts.
extension ClusterSpecValidation {
    /// As many nodes as Kubernetes itself is made for (kubernetes.io, "Considerations for large clusters").
    private static let maximumHosts = 5000

    mutating func checkHosts(masters: [PlacedHost], nodes: [PlacedHost], etcd: [PlacedHost]) {
        checkCount(masters: masters, others: nodes + etcd)
        // Where etcd votes elsewhere any number of masters is as good as another.
        if inventory.etcd == nil {
            checkVotes(inventory.masters, masters)
        } else {
            checkVotes(inventory.etcd?.hosts, etcd)
        }
        checkDuplicates(masters + nodes + etcd)
        checkNames(masters + nodes + etcd)
    }

    private mutating func checkCount(masters: [PlacedHost], others nodes: [PlacedHost]) {
        let total = masters.count + nodes.count
        if total > Self.maximumHosts {
            refuse(
                (nodes.first ?? masters.first)?.place ?? "", "the inventory lists \(total) hosts",
                "list at most \(Self.maximumHosts)")
        }
        if inventory.masters.map({ $0.entries.isEmpty && $0.unreadable == 0 }) ?? true {
            refuse(
                inventory.masters?.place ?? missing("--masters"), "no master is given",
                "write --masters 10.0.0.1, or a list under masters: in an inventory file")
        }
    }

    /// The hosts of one role that vote.
    private mutating func checkVotes(_ group: Inventory.Group?, _ hosts: [PlacedHost]) {
        guard !allowsEvenMasters, let group, let role = hosts.first?.host.role else { return }
        // An address that could not be read may be the one that makes the number odd.
        let unread = group.entries.contains { HostList($0.hosts.value, place: "").problems.isEmpty == false }
        let count = Set(hosts.map(\.host.sshAddress)).count
        guard group.unreadable == 0, !unread, count.isMultiple(of: 2) else { return }
        let title = "\(role.title)s"
        refuse(
            group.place, "\(count) \(title) survive no more failures than \(count - 1), etcd votes by majority",
            "make it \(count - 1) or \(count + 1) \(title)")
    }

    private mutating func checkDuplicates(_ hosts: [PlacedHost]) {
        var bySSH: [String: PlacedHost] = [:]
        var byAddress: [IPAddress: PlacedHost] = [:]
        for placed in hosts {
            let host = placed.host
            if let first = bySSH[host.sshAddress] {
                refuseTwice(placed, first)
            } else if let first = byAddress[host.address] {
                refuse(
                    placed.place,
                    "\(host.sshAddress) and \(first.host.sshAddress) have the same address \(host.address)",
                    "give each host its own internalAddress")
            }
            bySSH[host.sshAddress] = bySSH[host.sshAddress] ?? placed
            byAddress[host.address] = byAddress[host.address] ?? placed
        }
    }

    private mutating func refuseTwice(_ second: PlacedHost, _ first: PlacedHost) {
        let address = second.host.sshAddress
        let earlier = first.place == second.place ? "" : ", first at \(first.place)"
        if first.host.role != second.host.role {
            refuse(
                second.place, "\(address) is both \(first.host.role.article) and \(second.host.role.article)\(earlier)",
                second.host.role == .etcd
                    ? "keep it as one of them; without `etcd` each master runs a member of etcd"
                    : "keep it as one of them; a master that shall run workloads gets taints: []")
        } else if first.host.address != second.host.address {
            refuse(
                second.place, "\(address) is the ssh address of two hosts\(earlier)",
                "give each an alias of its own in ~/.ssh/config and write the alias as its address")
        } else {
            refuse(
                second.place, "\(address) is given as \(second.host.role.article) twice\(earlier)",
                "leave one of them out")
        }
    }

    private mutating func checkNames(_ hosts: [PlacedHost]) {
        let endpoint = inventory.endpointName?.value ?? Endpoint.defaultName
        var byName: [String: PlacedHost] = [:]
        for placed in hosts {
            // A range with a name has its own problem already; it is one entry.
            guard let name = placed.host.name else { continue }
            if name == endpoint {
                refuse(placed.place, "the node \(name) has the name of the endpoint", "rename the node or the endpoint")
            }
            if let first = byName[name], first.place != placed.place {
                refuse(
                    placed.place, "\(placed.host.id) and \(first.host.id) are both named \(name)",
                    "give each \(placed.host.role == .etcd ? "host" : "node") a name of its own")
            }
            byName[name] = byName[name] ?? placed
        }
    }
}
