// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

internal import Yams

extension Inventory {
    /// A line of `loadBalancer.pools`.
    package struct PoolEntry: Sendable, Hashable {
        /// A namespace, or `global`.
        package var namespace: Placed<String>
        /// Addresses, ranges and blocks.
        package var ranges: [Placed<String>]

        package init(namespace: Placed<String>, ranges: [Placed<String>]) {
            self.namespace = namespace
            self.ranges = ranges
        }
    }
}

extension InventoryReader {
    mutating func servicePools(_ node: Node?) -> [Inventory.PoolEntry] {
        guard let node, !node.isNull else { return [] }
        guard let mapping = node.mapping else {
            refuse(
                place(node), "`pools` is \(Self.form(node)) here, not a map",
                "write it as namespace: addresses lines, such as global: 192.168.66.210-192.168.66.219")
            return []
        }
        return mapping.compactMap { keyNode, value in
            guard let key = key(keyNode, in: mapping) else { return nil }
            let before = problems.count
            let ranges = texts(value, key) ?? []
            // What could not be read has its problem, and is not empty.
            guard problems.count == before else { return nil }
            return Inventory.PoolEntry(namespace: Placed(key, place(keyNode)), ranges: ranges)
        }
    }
}
