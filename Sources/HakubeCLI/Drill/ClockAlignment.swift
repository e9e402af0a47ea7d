// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// One exchange with another clock: when it was asked, what it said, when that had come.
struct ClockMark: Sendable, Hashable {
    let sent: Duration
    let received: Duration
    let theirs: Duration
}

/// How to read another machine's clock by this one's.
///
/// What a clock said it said between question and answer. Each exchange so gives the least and the most that the two can be apart,
/// and what all of them allow is narrower than any single one.
struct ClockAlignment: Sendable, Hashable {
    /// What is added to their time to have ours.
    let offset: Duration
    /// It is wrong by no more than this.
    let precision: Duration

    /// `nil` without any exchange.
    init?(_ marks: [ClockMark]) {
        let sound = marks.filter { $0.sent <= $0.received }
        guard let best = sound.min(by: { $0.received - $0.sent < $1.received - $1.sent }),
            let least = sound.map({ $0.sent - $0.theirs }).max(),
            let most = sound.map({ $0.received - $0.theirs }).min()
        else { return nil }
        // A clock that was set meanwhile leaves nothing that all allow.
        let (low, high) =
            least <= most ? (least, most) : (best.sent - best.theirs, best.received - best.theirs)
        offset = low + (high - low) / 2
        precision = (high - low) / 2
    }

    func ours(_ theirs: Duration) -> Duration { theirs + offset }
}
