// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

internal import Yams

/// Walks the tree of an inventory file and notes what has the wrong form.
struct InventoryReader {
    let source: InventorySource
    private(set) var problems: [Problem] = []

    init(_ source: InventorySource) { self.source = source }

    mutating func refuse(_ place: String, _ message: String, _ remedy: String) {
        problems.append(Problem(place: place, message: message, remedy: remedy))
    }

    mutating func add(_ more: [Problem]) { problems += more }

    func place(_ node: Node) -> String { source.place(node) }

    /// The entries of a map, keys checked; empty if the map is missing or not a map.
    mutating func fields(_ node: Node?, _ section: InventorySection) -> [String: Node] {
        guard let node, !node.isNull else { return [:] }
        guard let mapping = node.mapping else {
            refuse(
                place(node), "\(section.title) is \(Self.form(node)) here, not a map",
                "write it as key: value lines with \(section.keys.joined(separator: ", "))")
            return [:]
        }
        var fields: [String: Node] = [:]
        for (keyNode, value) in mapping {
            guard let key = key(keyNode, in: mapping) else { continue }
            guard section.keys.contains(key) else {
                refuse(place(keyNode), "\(section.title) has no key `\(key)`", section.remedy(for: key))
                continue
            }
            fields[key] = value
        }
        return fields
    }

    /// The name of a key; `nil` after noting why it cannot count.
    mutating func key(_ node: Node, in mapping: Node.Mapping) -> String? {
        guard let key = node.scalar?.string else {
            refuse(place(node), "a key is \(Self.form(node)) here", "write keys as plain words")
            return nil
        }
        guard let original = InventorySource.original(of: key) else { return key }
        // The renamed key is the first of the two; the reader keeps the one that stands under its own name.
        let second = mapping.first { $0.key.scalar?.string == original }?.key
        refuse(
            second.map(place) ?? place(node), "`\(original)` is written twice, first on line \(node.mark?.line ?? 0)",
            "keep one of the two")
        return nil
    }

    /// One text, number or truth value, as written.
    mutating func text(_ node: Node?, _ key: String) -> Placed<String>? {
        guard let node else { return nil }
        guard !node.isNull else {
            refuse(place(node), "`\(key)` has no value", "write one after the colon, or delete the line")
            return nil
        }
        guard let scalar = node.scalar else {
            refuse(
                place(node), "`\(key)` is \(Self.form(node)) here, not a single value",
                "write one value after the colon")
            return nil
        }
        return Placed(scalar.string, place(node))
    }

    /// A list of texts, or one text with commas; `nil` if not written.
    mutating func texts(_ node: Node?, _ key: String) -> [Placed<String>]? {
        guard let node, !node.isNull else { return nil }
        if let scalar = node.scalar { return scalar.string.listItems.map { Placed($0, place(node)) } }
        guard let sequence = node.sequence else {
            refuse(place(node), "`\(key)` is \(Self.form(node)) here, not a list", "write it as [one, two]")
            return nil
        }
        return sequence.compactMap { text($0, key) }
    }

    /// "a list", "a map" or "a single value".
    static func form(_ node: Node) -> String {
        switch node {
        case .mapping: "a map"
        case .sequence: "a list"
        case .scalar, .alias: "a single value"
        }
    }
}
