// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Synchronization

/// A bucket of bytes that fills at a rate; all uploads of a run take from it.
final class RateLimit: Sendable {
    private let rate: Double
    private let now: @Sendable () -> Duration
    private let state: Mutex<(balance: Double, moment: Duration)>
    /// What may be sent at once after a rest.
    private static let burst = Duration.milliseconds(250)

    /// - Parameter rate: bytes a second.
    init(rate: Int, now: @escaping @Sendable () -> Duration) {
        self.rate = Double(max(1, rate))
        self.now = now
        state = Mutex((0, now()))
    }

    /// Takes bytes out, on credit, where nobody owes any.
    ///
    /// - Returns: `nil` when they may be sent; else how long it takes until somebody may.
    func take(_ count: Int) -> Duration? {
        let moment = now()
        return state.withLock { state in
            let span = moment - state.moment
            state.balance = min(state.balance + rate * (span / .seconds(1)), rate * (Self.burst / .seconds(1)))
            state.moment = moment
            guard state.balance >= 0 else { return .seconds(-state.balance / rate) + .milliseconds(1) }
            state.balance -= Double(count)
            return nil
        }
    }
}
