// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import Yams

/// Counts what documents hold, behind their aliases as well: few lines of aliases may stand for more than any memory holds.
package struct YAMLNodeCount {
    package struct Excess: Error {
        package init() {}
    }

    private let limit: Int
    private let depth: Int
    private var count = 0

    /// - Parameters:
    ///   - limit: so many nodes are too many.
    ///   - depth: how many maps and lists may stand in one another.
    package init(below limit: Int, depth: Int = .max) {
        self.limit = limit
        self.depth = depth
    }

    /// - Throws: ``Excess``.
    package mutating func add(_ root: Node) throws(Excess) {
        var open = [(node: root, depth: 0)]
        while let (node, depth) = open.popLast() {
            count += 1
            guard count < limit, depth <= self.depth else { throw Excess() }
            if let items = node.sequence { for item in items { open.append((item, depth + 1)) } }
            if let pairs = node.mapping { for (_, value) in pairs { open.append((value, depth + 1)) } }
        }
    }
}

extension Node.Mapping {
    /// What a map says, and what it has of others by `<<: *anchor`: its own keys count before theirs, and the first map's before
    /// the next one's (yaml.org, "Merge Key"). Only for documents whose nodes were counted.
    package var merged: [(key: Node, value: Node)] {
        var found: [(key: Node, value: Node)] = []
        var others: [Node.Mapping] = []
        for (key, value) in self {
            if let maps = Self.maps(merging: key, value) { others += maps } else { found.append((key, value)) }
        }
        guard !others.isEmpty else { return found }
        var known = Set(found.compactMap(\.key.scalar?.string))
        for pair in others.flatMap(\.merged) {
            guard let name = pair.key.scalar?.string, known.insert(name).inserted else { continue }
            found.append(pair)
        }
        return found
    }

    private static func maps(merging key: Node, _ value: Node) -> [Node.Mapping]? {
        guard let scalar = key.scalar, scalar.string == "<<", scalar.style == .plain else { return nil }
        if let mapping = value.mapping { return [mapping] }
        guard let items = value.sequence, items.allSatisfy({ $0.mapping != nil }) else { return nil }
        return items.compactMap(\.mapping)
    }
}
