// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Bytes a second over the last few seconds: a mean over the whole time would follow a change too late.
struct TransferRate {
    private static let window = Duration.seconds(5)
    private static let spacing = Duration.milliseconds(250)

    /// The oldest first; the first is where the window begins.
    private var samples: [(time: Duration, bytes: Int)] = []

    mutating func note(_ bytes: Int, at now: Duration) {
        guard let last = samples.last else {
            samples = [(now, bytes)]
            return
        }
        // The file begins anew.
        if bytes < last.bytes { samples = [(now, bytes)] }
        guard now - last.time >= Self.spacing else { return }
        samples.append((now, bytes))
        while samples.count > 2, now - samples[1].time >= Self.window { samples.removeFirst() }
    }

    /// `nil` until there is something to measure.
    func perSecond(_ bytes: Int, at now: Duration) -> Int? {
        guard let first = samples.first, now - first.time >= Self.spacing else { return nil }
        return Int(Double(max(0, bytes - first.bytes)) / ((now - first.time) / .seconds(1)))
    }
}
