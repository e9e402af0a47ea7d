// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// When a transfer is tried again, and when no more. Pure.
struct RetrySchedule {
    private static let longest = Duration.seconds(15)

    private let patience: Duration
    /// The first failure since something came.
    private var since: Duration?
    private var tries = 0
    private var hadProgress = false

    init(patience: Duration) { self.patience = patience }

    enum Verdict: Hashable {
        case again(after: Duration)
        /// It will not pass by itself.
        case final
        /// It might, but the patience is over: after so many tries in a row.
        case tooLong(tries: Int)
        /// The server asks for a longer pause than the patience is.
        case later(Duration)
    }

    mutating func verdict(on failure: TransferFailure, at now: Duration) -> Verdict {
        if failure.received > 0 {
            (since, tries, hadProgress) = (nil, 0, true)
        }
        guard failure.isPassing(hadProgress: hadProgress) else { return .final }
        let begin = since ?? now
        since = begin
        tries += 1
        let left = begin + patience - now
        if let asked = failure.pause, asked > left { return .later(asked) }
        guard left > .zero else { return .tooLong(tries: tries) }
        let usual = min(Duration.milliseconds(500) * (1 << min(tries - 1, 10)), Self.longest)
        return .again(after: min(failure.pause.map { max($0, .milliseconds(500)) } ?? usual, left))
    }
}
