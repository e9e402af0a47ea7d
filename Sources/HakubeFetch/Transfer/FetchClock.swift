// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Time as retries see it.
struct FetchClock: Sendable {
    /// Since some fixed moment.
    let now: @Sendable () -> Duration
    /// Throws `CancellationError` as soon as the task is cancelled.
    let pause: @Sendable (Duration) async throws -> Void

    static let system: FetchClock = {
        let begin = ContinuousClock.now
        return FetchClock(now: { ContinuousClock.now - begin }, pause: { try await Task.sleep(for: $0) })
    }()
}
