// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What has to hold among hosts.
extension ClusterSpecValidation {
    /// As many nodes as Kubernetes itself is made for (kubernetes.io, "Considerations for large clusters").
    private static let maximumHosts = 5000

    mutating func checkHosts(masters: [PlacedHost], nodes: [PlacedHost]) {
        checkCount(masters: masters, nodes: nodes)
        checkDuplicates(masters + nodes)
        checkNames(masters + nodes)
    }

    private mutating func checkCount(masters: [PlacedHost], nodes: [PlacedHost]) {
        let total = masters.count + nodes.count
        if total > Self.maximumHosts {
            refuse(
                (nodes.first ?? masters.first)?.place ?? "", "the inventory lists \(total) hosts",
                "list at most \(Self.maximumHosts)")
        }
        guard let group = inventory.masters, !group.entries.isEmpty || group.unreadable > 0 else {
            refuse(
                inventory.masters?.place ?? missing("--masters"), "no master is given",
                "write --masters 10.0.0.1, or a list under masters: in an inventory file")
            return
        }
        guard !allowsEvenMasters else { return }
        // An address that could not be read may be the one that makes the number odd.
        let unread = group.entries.contains { HostList($0.hosts.value, place: "").problems.isEmpty == false }
        let count = Set(masters.map(\.host.sshAddress)).count
        guard group.unreadable == 0, !unread, count > 0, count.isMultiple(of: 2) else { return }
        refuse(
            group.place, "\(count) masters survive no more failures than \(count - 1), etcd votes by majority",
            "make it \(count - 1) or \(count + 1) masters")
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
                second.place, "\(address) is both a master and a node\(earlier)",
                "keep it as one of them; a master that shall run workloads gets taints: []")
        } else if first.host.address != second.host.address {
            refuse(
                second.place, "\(address) is the ssh address of two hosts\(earlier)",
                "give each an alias of its own in ~/.ssh/config and write the alias as its address")
        } else {
            refuse(
                second.place, "\(address) is given as a \(second.host.role) twice\(earlier)", "leave one of them out")
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
                    "give each node a name of its own")
            }
            byName[name] = byName[name] ?? placed
        }
    }
}
