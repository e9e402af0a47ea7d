// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Items that are fetched one after the other from one source at a time. Guarded by the depot's lock.
final class Group {
    enum Source {
        case nobody, `operator`
        case link(UInt64)
    }

    let number: Int
    var items: [Item] = []
    var source = Source.nobody
    /// Counts the changes of source: bytes of an earlier one are not taken any more.
    var turn = 0
    /// Shut to end what the source before does; -1 while there is none.
    var socket: Int32 = -1
    /// The item that came last, for progress; and what was told of it.
    var current: Item?
    var told: (index: Int, offset: UInt64) = (-1, 0)

    var hasSource: Bool {
        if case .nobody = source { return false }
        return true
    }

    init(number: Int) { self.number = number }
}
