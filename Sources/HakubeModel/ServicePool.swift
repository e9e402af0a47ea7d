// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Addresses for Services of type LoadBalancer in one namespace, or in all namespaces that have no pool of their own.
package struct ServicePool: Sendable, Hashable {
    /// In place of a namespace: every namespace without a pool.
    package static let global = "global"

    package let namespace: String
    /// At least one; no two of all pools overlap, since addresses are counted as taken within one namespace only.
    package let ranges: [AddressRange]

    package init(namespace: String, ranges: [AddressRange]) {
        self.namespace = namespace
        self.ranges = ranges
    }

    /// The pool in a sentence.
    package var title: String { Self.title(of: namespace) }

    static func title(of namespace: String) -> String {
        namespace == global ? "the global pool" : "the pool of \(namespace)"
    }
}
