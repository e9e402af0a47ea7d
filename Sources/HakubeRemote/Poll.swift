// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc

/// poll(2) over a few descriptors and a bell.
package enum Poll {
    /// Returns when one of the descriptors is ready.
    /// - Throws: `DeadlinePassed`; `CancellationError` when the bell rang.
    package static func wait(_ descriptors: [(Int32, Int16)], until deadline: Deadline, _ wakeup: Wakeup?) throws {
        var entries = descriptors.map { pollfd(fd: $0.0, events: $0.1, revents: 0) }
        // A negative descriptor is ignored.
        entries.append(pollfd(fd: wakeup?.descriptor ?? -1, events: Int16(POLLIN), revents: 0))
        while true {
            let count = poll(&entries, nfds_t(entries.count), deadline.milliseconds)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw SystemError("poll") }
            if entries[entries.count - 1].revents != 0 { throw CancellationError() }
            guard count == 0 else { return }
            if deadline.hasPassed { throw DeadlinePassed() }
        }
    }
}
