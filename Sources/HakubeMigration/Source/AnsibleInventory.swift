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
    private var known: Set<String> = []
    private(set) var groups: [String: Group] = [:]
    /// What the file says of each host, in its order.
    private(set) var hostVariables: [String: [SourceNode.Entry]] = [:]
    /// Lines that could not be read, and why.
    private(set) var unreadable: [SourceNode] = []

    /// kubespray's names for the masters' group, and for the workers', the present one first.
    static let masterGroups = ["kube_control_plane", "kube-master", "kube_master"]
    static let workerGroups = ["kube_node", "kube-node"]

    /// Every host of these groups, their children's as well; each once.
    func members(of names: [String]) -> [String] {
        var groupsSeen: Set<String> = []
        var hostsSeen: Set<String> = []
        var found: [String] = []
        var open = Array(names.reversed())
        while let name = open.popLast() {
            guard groupsSeen.insert(name).inserted, let group = groups[name] else { continue }
            found += group.hosts.filter { hostsSeen.insert($0).inserted }
            open += group.children.reversed()
        }
        return found
    }

    /// All values of the file.
    var values: [SourceNode] {
        hosts.flatMap { hostVariables[$0.name] ?? [] }.map(\.value)
            + groups.sorted { $0.key < $1.key }.flatMap { $0.value.variables.map(\.value) } + unreadable
    }

    /// The hosts of a line's first word, or of a key: `web[1:3].example.com:2222`. A port counts where the host is first named.
    ///
    /// - Returns: their names.
    mutating func add(hosts pattern: String, line: Int, to group: String) -> [String] {
        let (names, port) = AnsibleRange.hosts(pattern)
        for host in names {
            groups[group, default: Group()].hosts.append(host)
            guard known.insert(host).inserted else { continue }
            hosts.append((host, line))
            guard let port else { continue }
            let node = SourceNode(path: "\(host):\(port)", line: line, content: .text(port, quoted: false))
            set(SourceNode.Entry(key: "ansible_port", value: node), of: host)
        }
        return names
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
                    for single in add(hosts: host.key, line: host.value.line, to: name) {
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
