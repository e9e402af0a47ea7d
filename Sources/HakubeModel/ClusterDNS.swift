// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// How many servers the cluster's DNS has, and where they may run.
package struct ClusterDNS: Sendable, Hashable {
    package enum Replicas: Sendable, Hashable {
        /// As many as there are masters.
        case masters
        case count(Int)
    }

    /// What kubeadm makes of every cluster.
    package static let usualReplicas = 2
    /// More servers than any cluster asks: a slip should not become a flood of pods.
    package static let maximum = 100

    /// `nil`: the number that stands is left alone.
    package let replicas: Replicas?
    package let isOnMasters: Bool

    package init(replicas: Replicas? = nil, isOnMasters: Bool = false) {
        self.replicas = replicas
        self.isOnMasters = isOnMasters
    }

    /// How many servers that is in a cluster of so many masters.
    package func count(masters: Int) -> Int? {
        switch replicas {
        case nil: nil
        case .masters: masters
        case .count(let count): count
        }
    }
}

extension ClusterDNS.Replicas: CustomStringConvertible {
    /// Reads `masters` or a number from 1 to `maximum`.
    package init?(_ text: String) {
        if text == "masters" {
            self = .masters
            return
        }
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let count = Int(text), (1...ClusterDNS.maximum).contains(count)
        else { return nil }
        self = .count(count)
    }

    package var description: String {
        switch self {
        case .masters: "masters"
        case .count(let count): String(count)
        }
    }
}
