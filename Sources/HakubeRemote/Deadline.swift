// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// A moment until which something may take.
package struct Deadline: Comparable {
    private let instant: ContinuousClock.Instant

    package init(after duration: Duration) { instant = .now.advanced(by: duration) }

    package var hasPassed: Bool { instant <= .now }

    /// What is left, rounded up, as poll(2) wants it.
    package var milliseconds: Int32 {
        let (seconds, attoseconds) = ContinuousClock.now.duration(to: instant).components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
    }

    package static func < (left: Deadline, right: Deadline) -> Bool { left.instant < right.instant }
}

/// Thrown where a deadline ended a wait; the caller knows what it waited for.
package struct DeadlinePassed: Error {}

extension Duration {
    /// `10 s`, or `250 ms` below a second.
    package var text: String {
        let (seconds, attoseconds) = components
        return seconds > 0 ? "\(seconds) s" : "\(attoseconds / 1_000_000_000_000_000) ms"
    }
}
