// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// One connection between two hosts, over which the items of one group travel.
struct RelayLink: Sendable, Hashable {
    /// Unique in the run.
    let id: UInt64
    let group: Int
    let parent: HostID
    let child: HostID
}

/// Items that the same hosts need; their bytes travel the same way.
struct RelayGroup: Sendable, Hashable {
    let id: Int
    /// Items in the order in which they are sent, and how many bytes each of them takes on the wire.
    let items: [Int]
    let wire: [Int: Int]

    init(id: Int, items: [(index: Int, wire: Int)]) {
        self.id = id
        self.items = items.map(\.index)
        wire = Dictionary(uniqueKeysWithValues: items.map { ($0.index, $0.wire) })
    }

    var byteCount: Int { wire.values.reduce(0, +) }
}

/// What a host's courier found when it looked round.
struct RelayStanding: Sendable, Hashable {
    /// Items that are not there in full, and how many of their bytes are.
    var missing: [Int: Int] = [:]
    /// Items that are there as they travel, so that others can have them.
    var wire: Set<Int> = []
    /// Others can connect to it.
    var isListening = true
    /// It takes no part in relays: it gets all from the operator.
    var isDirect = false
}

/// What the routing is told.
enum RelayEvent: Sendable, Hashable {
    /// Where bytes of a bad item came from.
    enum Culprit: Sendable, Hashable {
        case upload
        case link(UInt64)
        /// More than one source, or an earlier run: nobody is to blame.
        case parts
    }

    /// A host of the plan that needs nothing of what goes round.
    case unneeded(HostID)
    case ready(HostID, RelayStanding)
    case done(HostID, item: Int)
    /// What came is not what it should be, and was thrown away.
    case bad(HostID, item: Int, from: Culprit)
    case lost(HostID, link: UInt64, LinkFailure)
    /// At the parent of a link: bytes that wait for the child, and those sent to it in all.
    case backlog(HostID, link: UInt64, available: Int, sent: Int)
    /// Bytes that a host has received in all.
    case received(HostID, total: Int)
    /// Its courier has ended, or the connection to it broke.
    case gone(HostID)
}

/// Why a child has lost its parent.
enum LinkFailure: String, Sendable, Hashable {
    case refused, unreachable, closed, silent, key, cannot, garbled
}

/// What the routing wants done.
enum RelayCommand: Sendable, Hashable {
    /// The host gets the group from the operator.
    case upload(HostID, group: Int)
    /// The child gets the group from the parent.
    case relay(RelayLink)
    /// The host gets nothing of the group for now.
    case stop(HostID, group: Int)
    /// The parent no longer serves the link.
    case expel(HostID, link: UInt64)
    case tell(HostID, PushNotice)
    /// A host sent wrong bytes of an item to another: told, and no longer anybody's parent.
    case distrust(HostID, item: Int, victim: HostID)
    /// What the operator sent came out wrong on the host, more than once.
    case fail(HostID, item: Int)
    /// All hosts have all.
    case finish
}
