// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import Synchronization

/// Ends the program where one input takes longer than any may: a reader that hangs is as bad as one that crashes.
final class Deadline: Sendable {
    private let current = Mutex<(number: UInt64, since: ContinuousClock.Instant)?>(nil)

    init(seconds: Int) {
        Thread.detachNewThread { [weak self] in
            while let self {
                if let input = current.withLock({ $0 }), input.since.duration(to: .now) > .seconds(seconds) {
                    say("input \(input.number) took more than \(seconds) s")
                    exit(1)
                }
                Thread.sleep(forTimeInterval: 1)
            }
        }
    }

    func began(_ number: UInt64) { current.withLock { $0 = (number, .now) } }
}
