// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

internal import Yams

/// A value of the inventory that is being made.
indirect enum YAMLValue: Sendable, Hashable {
    /// Words; quoted where they would be read as something else.
    case string(String)
    /// A number or truth value.
    case plain(String)
    case list([YAMLValue])
    case map([(key: String, value: YAMLValue)])

    static func == (left: YAMLValue, right: YAMLValue) -> Bool { left.flat == right.flat }

    func hash(into hasher: inout Hasher) { hasher.combine(flat) }

    private var flat: [String] {
        switch self {
        case .string(let text): ["string", text]
        case .plain(let text): ["plain", text]
        case .list(let items): ["list"] + items.flatMap(\.flat) + ["end"]
        case .map(let pairs): ["map"] + pairs.flatMap { [$0.key] + $0.value.flat } + ["end"]
        }
    }

    /// As the source has it, types kept; what says nothing is left out of maps.
    init(_ node: SourceNode) {
        switch node.content {
        case .nothing: self = .plain("null")
        case .text(let text, let quoted): self = quoted ? .string(text) : .plain(text)
        case .list(let items): self = .list(items.map(YAMLValue.init))
        case .map(let entries):
            self = .map(
                entries.compactMap { entry in
                    if case .nothing = entry.value.content { return nil }
                    return (entry.key, YAMLValue(entry.value))
                })
        }
    }

    /// The value at a path of keys; maps on the way are made.
    mutating func set(_ value: YAMLValue, at path: ArraySlice<String>) {
        guard let key = path.first else {
            self = value
            return
        }
        var pairs: [(key: String, value: YAMLValue)] = []
        if case .map(let own) = self { pairs = own }
        let index = pairs.firstIndex { $0.key == key } ?? pairs.endIndex
        if index == pairs.endIndex { pairs.append((key, .map([]))) }
        pairs[index].value.set(value, at: path.dropFirst())
        self = .map(pairs)
    }

    func value(at path: ArraySlice<String>) -> YAMLValue? {
        guard let key = path.first else { return self }
        guard case .map(let pairs) = self else { return nil }
        return pairs.first { $0.key == key }?.value.value(at: path.dropFirst())
    }

    /// On one line, for sentences; the same text means the same to a program, whatever quotes and order there were.
    var brief: String {
        switch self {
        case .string(let text), .plain(let text): text
        case .list(let items): "[\(items.map(\.brief).joined(separator: ", "))]"
        case .map(let pairs): "{\(pairs.map { "\($0.key): \($0.value.brief)" }.sorted().joined(separator: ", "))}"
        }
    }

    fileprivate var node: Node {
        switch self {
        case .plain(let text): return Node(text, Tag(.implicit), .plain)
        case .string(let text):
            let plain = Node(text, Tag(.implicit), .plain)
            let reads = Resolver.default.resolveTag(of: plain)
            return Node(text, Tag(.implicit), reads == .str ? .any : .doubleQuoted)
        case .list(let items): return Node(items.map(\.node), Tag(.implicit), items.isEmpty ? .flow : .block)
        case .map(let pairs):
            let pairs = pairs.map { (YAMLValue.string($0.key).node, $0.value.node) }
            return Node(pairs, Tag(.implicit), pairs.isEmpty ? .flow : .block)
        }
    }

    /// As YAML, with a newline at the end.
    ///
    /// - Throws: Yams' error for a text that no YAML can hold.
    func yaml() throws -> String { try Yams.serialize(node: node, width: -1, allowUnicode: true) }
}
