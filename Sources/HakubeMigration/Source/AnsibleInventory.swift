// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Hosts, groups and variables of an Ansible inventory, whichever form it has.
struct AnsibleInventory: Sendable {
    struct Group: Sendable {
        /// Names in the order of the file.
        var hosts: [String] = []
        var children: [String] = []
        var variables: [SourceNode.Entry] = []
    }

    /// Hosts in the order in which the file first names them, and the line of that.
    private(set) var hosts: [(name: String, line: Int)] = []
    private(set) var groups: [String: Group] = [:]
    /// What the file says of each host, in its order.
    private(set) var hostVariables: [String: [SourceNode.Entry]] = [:]
    /// Lines that could not be read, and why.
    private(set) var unreadable: [SourceNode] = []

    /// Every host of a group, its children's as well; each once.
    func members(of names: String...) -> [String] {
        var seen: Set<String> = []
        var found: [String] = []
        func add(_ name: String) {
            guard seen.insert("group \(name)").inserted, let group = groups[name] else { return }
            found += group.hosts.filter { seen.insert("host \($0)").inserted }
            group.children.forEach(add)
        }
        names.forEach(add)
        return found
    }

    /// All values of the file.
    var values: [SourceNode] {
        hosts.flatMap { hostVariables[$0.name] ?? [] }.map(\.value)
            + groups.sorted { $0.key < $1.key }.flatMap { $0.value.variables.map(\.value) } + unreadable
    }

    mutating func add(host: String, line: Int, to group: String) {
        if !hosts.contains(where: { $0.name == host }) { hosts.append((host, line)) }
        groups[group, default: Group()].hosts.append(host)
    }

    mutating func set(_ entry: SourceNode.Entry, of host: String) { hostVariables[host, default: []].append(entry) }

    mutating func add(child: String, to group: String) { groups[group, default: Group()].children.append(child) }

    mutating func set(_ entry: SourceNode.Entry, inGroup group: String) {
        groups[group, default: Group()].variables.append(entry)
    }

    mutating func touch(group: String) { if groups[group] == nil { groups[group] = Group() } }

    mutating func refuse(_ text: String, line: Int) {
        unreadable.append(SourceNode(path: "line \(line)", line: line, content: .text(text, quoted: true)))
    }
}

extension AnsibleInventory {
    /// The YAML form: `all` with `hosts`, `children` and `vars`, groups in one another.
    init(yaml root: SourceNode) {
        for entry in root.entries { read(entry.key, entry.value) }
    }

    private mutating func read(_ name: String, _ group: SourceNode) {
        touch(group: name)
        for entry in group.entries {
            switch entry.key {
            case "hosts":
                for host in entry.value.entries {
                    for single in AnsibleRange.expanded(host.key) {
                        add(host: single, line: host.value.line, to: name)
                        for variable in host.value.entries { set(variable, of: single) }
                    }
                }
            case "children":
                for child in entry.value.entries {
                    add(child: child.key, to: name)
                    read(child.key, child.value)
                }
            case "vars": for variable in entry.value.entries { set(variable, inGroup: name) }
            default: unreadable += entry.value.leaves
            }
        }
    }
}

/// `node[1:3]`, `node[01:20]` and `node[a:c]` in names of hosts.
enum AnsibleRange {
    static func expanded(_ name: String) -> [String] {
        guard let open = name.firstIndex(of: "["), let close = name[open...].firstIndex(of: "]") else { return [name] }
        let parts = name[name.index(after: open)..<close].split(separator: ":").map(String.init)
        guard parts.count == 2, let items = items(parts[0], parts[1]), items.count <= HostList.maximum else {
            return [name]
        }
        let tails = expanded(String(name[name.index(after: close)...]))
        guard items.count * tails.count <= HostList.maximum else { return [name] }
        return items.flatMap { item in tails.map { "\(name[..<open])\(item)\($0)" } }
    }

    /// Both ends count. Leading zeros of the first end are kept.
    private static func items(_ first: String, _ last: String) -> [String]? {
        if let low = Int(first), let high = Int(last), low <= high, high - low < HostList.maximum {
            let width = first.hasPrefix("0") ? first.count : 0
            return (low...high).map { number in
                let text = String(number)
                return String(repeating: "0", count: max(0, width - text.count)) + text
            }
        }
        guard first.utf8.count == 1, last.utf8.count == 1, let low = first.utf8.first, let high = last.utf8.first,
            first.first?.isLetter == true, last.first?.isLetter == true, low <= high
        else { return nil }
        return (low...high).map { String(UnicodeScalar($0)) }
    }
}
