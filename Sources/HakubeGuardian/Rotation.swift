// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Which real servers get traffic, derived from their health. Pure.
///
/// When none is thought healthy, all of them stay (fail open): the guardian may be the one that is wrong, and a client
/// that is refused by a dead server has lost nothing.
package struct Rotation: Sendable, Hashable {
    package struct Entry: Sendable, Hashable {
        package let address: SocketAddress
        package let health: Health
        /// 1: new connections; 0: old ones only; nil: none.
        package let weight: UInt32?
    }

    package let entries: [Entry]
    package let isFailOpen: Bool

    package init(_ servers: [(address: SocketAddress, health: Health)]) {
        let failOpen = !servers.contains { $0.health.takesNewConnections }
        isFailOpen = failOpen
        entries = servers.map { server in
            let weight: UInt32? = failOpen || server.health.takesNewConnections ? 1 : server.health == .sick ? 0 : nil
            return Entry(address: server.address, health: server.health, weight: weight)
        }
    }

    package var destinations: [IPVSDestination] {
        entries.compactMap { entry in entry.weight.map { IPVSDestination(entry.address, weight: $0) } }
    }

    /// The order in which to try servers for one new connection, starting at the `turn`-th (round robin): healthy ones,
    /// then the rest, because a wrong guess about their health must not cost a client its connection.
    package func candidates(turn: Int) -> [SocketAddress] {
        let first = entries.filter { $0.weight == 1 }.map(\.address)
        let later = entries.filter { $0.weight != 1 }.map(\.address)
        guard !first.isEmpty else { return later }
        let start = turn % first.count
        return Array(first[start...] + first[..<start]) + later
    }

    /// Whether connections to it may live on: not when they lead nowhere, nor when it is no longer wanted.
    package func keepsConnections(to server: SocketAddress) -> Bool {
        entries.contains { $0.address == server && $0.weight != nil }
    }
}
