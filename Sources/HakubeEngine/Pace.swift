// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Synchronization

/// The passing of time as the engine sees it.
package struct Pace: Sendable {
    /// Time since some fixed moment; never runs backwards.
    package let now: @Sendable () -> Duration
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    package let pause: @Sendable (Duration) async throws -> Void

    package init(
        now: @escaping @Sendable () -> Duration, pause: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.pause = pause
    }

    package static let system: Pace = {
        let begin = ContinuousClock.now
        return Pace(now: { ContinuousClock.now - begin }, pause: { try await Task.sleep(for: $0) })
    }()

    /// Time that passes only by pausing: a wait of minutes takes no time at all.
    package static func simulated() -> Pace {
        let clock = SimulatedClock()
        return Pace(
            now: { clock.elapsed.withLock { $0 } },
            pause: { span in
                try Task.checkCancellation()
                clock.elapsed.withLock { $0 += span }
            })
    }
}

private final class SimulatedClock: Sendable {
    let elapsed = Mutex(Duration.zero)
}
