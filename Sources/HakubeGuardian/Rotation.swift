// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Which real servers get traffic, derived from their health. Pure.
///
/// When none is thought healthy, those that at least live get it, and if none lives, all of them (fail open): the guardian
/// may be the one that is wrong, and a client that is refused by a dead server has lost nothing.
package struct Rotation: Sendable, Hashable {
    package struct Server: Sendable, Hashable {
        package let address: SocketAddress
        package let health: Health
        /// Whether its death was seen for sure, and not concluded from silence, which can be this node's own fault.
        package let isCertain: Bool
        /// Whether it was in the list that the guardian started with; one that came later has to be seen alive first.
        package let isOriginal: Bool
        /// Whether it is wanted no more: what is under way may end, nothing new begins.
        package var isLeaving = false

        package init(_ address: SocketAddress, _ health: Health, isCertain: Bool = false, isOriginal: Bool = true) {
            self.address = address
            self.health = health
            self.isCertain = isCertain
            self.isOriginal = isOriginal
        }
    }

    package struct Entry: Sendable, Hashable {
        package let address: SocketAddress
        package let health: Health
        /// 1: new connections; 0: old ones only; nil: none.
        package let weight: UInt32?
    }

    package let entries: [Entry]
    package let isFailOpen: Bool

    /// With `isSparing` those whose death is not certain keep their old connections.
    package init(_ servers: [Server], isSparing: Bool = false) {
        // At the start nothing is known against anybody.
        let isServing = servers.contains { server in
            !server.isLeaving && (server.health == .up || server.health == .unknown && server.isOriginal)
        }
        let hasLiving = servers.contains { $0.health == .sick }
        isFailOpen = !isServing
        entries = servers.map { server in
            let weight: UInt32? =
                switch server.health {
                case .up: server.isLeaving && isServing ? 0 : 1
                case .unknown: server.isOriginal || !isServing ? 1 : 0
                case .sick: isServing ? 0 : 1
                case .down where isServing: isSparing && !server.isCertain ? 0 : nil
                case .down: hasLiving ? 0 : 1
                }
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

/// Remembers what a rotation depends on beside the health of now.
package struct RotationRule: Sendable {
    private var failedOpenAt: Int64?

    /// After a time without any healthy server they come back one by one; the first must not cost the others their
    /// connections, in milliseconds.
    private static let returnTime: Int64 = 1500

    package init() {}

    package mutating func rotation(of servers: [Rotation.Server], at now: Int64) -> Rotation {
        let spares = failedOpenAt.map { now - $0 < Self.returnTime } ?? false
        let rotation = Rotation(servers, isSparing: spares)
        if rotation.isFailOpen { failedOpenAt = now }
        return rotation
    }
}
