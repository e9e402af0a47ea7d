// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Which groups speak for a host, and whom Ansible believes first: of groups in one another the inner one, of equals the one with
/// the higher `ansible_group_priority`, then the one later in the alphabet, and `all` last (Ansible, "How variables are merged").
struct AnsibleGroups: Sendable {
    /// Ansible takes no groups in a circle; what somebody wrote all the same ends here.
    private static let deepest = 100

    private let parents: [String: [String]]
    private let direct: [String: [String]]
    /// The place of each group, the nearest first.
    private let rank: [String: Int]

    /// - Parameter implied: children that groups of the file have though it does not say so.
    init(_ inventory: AnsibleInventory, implied: [String: [String]] = [:]) {
        var children = inventory.groups.mapValues(\.children)
        for (group, more) in implied where children[group] != nil {
            children[group, default: []] += more.filter { inventory.groups[$0] != nil }
        }
        var parents: [String: [String]] = [:]
        var direct: [String: [String]] = [:]
        for (name, group) in inventory.groups {
            for host in group.hosts { direct[host, default: []].append(name) }
            for child in children[name] ?? [] { parents[child, default: []].append(name) }
        }
        self.parents = parents
        self.direct = direct
        let depths = Self.depths(children)
        func priority(_ name: String) -> Int {
            inventory.groups[name]?.variables.last { $0.key == "ansible_group_priority" }?.value.text.flatMap {
                Int($0)
            }
                ?? 1
        }
        let order = inventory.groups.keys
            .map { (depth: depths[$0] ?? 1, priority: priority($0), name: $0) }
            .sorted { $0 > $1 }
        rank = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($0.element.name, $0.offset) })
    }

    /// The longest way from `all`, whose children are also those groups that nobody calls his.
    private static func depths(_ children: [String: [String]]) -> [String: Int] {
        var depths = children.mapValues { _ in 1 }
        depths["all"] = 0
        var open = Array(children.keys)
        while let name = open.popLast() {
            let below = (depths[name] ?? 1) + 1
            for child in children[name] ?? [] where child != "all" && below > depths[child] ?? 0 && below <= deepest {
                depths[child] = below
                open.append(child)
            }
        }
        return depths
    }

    /// The groups that a host is in, those around them as well; the nearest first, `all` last.
    func groups(of host: String) -> [String] {
        var found: Set<String> = ["all"]
        var open = direct[host] ?? []
        while let name = open.popLast() {
            if found.insert(name).inserted { open += parents[name] ?? [] }
        }
        return found.filter { rank[$0] != nil }.sorted { (rank[$0] ?? 0) < (rank[$1] ?? 0) }
    }

    /// The groups that all these hosts are in, the nearest first.
    func groups(ofAll hosts: [String]) -> [String] {
        guard let first = hosts.first else { return rank["all"] == nil ? [] : ["all"] }
        let others = hosts.dropFirst().map { Set(groups(of: $0)) }
        return groups(of: first).filter { name in others.allSatisfy { $0.contains(name) } }
    }
}
