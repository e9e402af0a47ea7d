// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// A stretch in which no request got its answer.
struct Outage: Sendable, Hashable {
    /// When the first that failed began; never before the stop.
    let begin: Duration
    /// When the first good one after them began; `nil`: none came.
    let end: Duration?
    let requests: Int
}

/// A stretch in which a watch did not carry.
struct WatchGap: Sendable, Hashable {
    /// From when on it is not known to have carried: of a watch that stood on the target, the stop.
    let begin: Duration
    /// When the client knew.
    let noticed: Duration
    /// When another stood; `nil`: none came.
    let end: Duration?
    let reason: String
}

/// What became of a place's watch.
struct WatchMeasure: Sendable, Hashable {
    /// It stood at the stop.
    let stood: Bool
    /// It stood on the target.
    let stoodOnTarget: Bool
    let gaps: [WatchGap]
    /// Why there was none.
    let reason: String

    /// The longest gap; `nil`: it never broke. One that did not end counts to the end of measuring.
    func longest(until end: Duration) -> Duration? { gaps.map { ($0.end ?? end) - $0.begin }.max() }

    var isBack: Bool { gaps.allSatisfy { $0.end != nil } }
}

/// What one place saw of a drill. Times count from the stop.
struct PlaceMeasure: Sendable, Hashable {
    let requests: Int
    let failed: Int
    /// Those that had failed before anything was stopped.
    let failedBefore: Int
    let outages: [Outage]
    let watch: WatchMeasure
    /// When the last request began.
    let end: Duration
    /// How often requests failed for which reason.
    let reasons: [String: Int]

    var firstFailure: Duration? { outages.first?.begin }
    var isBack: Bool { outages.allSatisfy { $0.end != nil } }
    /// From when on no request failed; `nil`: none did, or they did to the end.
    var back: Duration? { outages.last?.end }
    /// One that did not end counts to the end of measuring.
    var longest: Duration? { outages.map { ($0.end ?? max(end, $0.begin)) - $0.begin }.max() }
}

/// From samples to outages; pure.
enum OutageAnalysis {
    /// - Parameters:
    ///   - record: with times that count from the stop.
    ///   - certificate: SHA-256 of the target's server certificate, by which a watch is known to stand there.
    static func measure(_ record: ProbeRecord, certificate: String?) -> PlaceMeasure {
        let ordered = record.samples.sorted { ($0.begin, $0.end) < ($1.begin, $1.end) }
        // One that was under way at the stop belongs to it: what it asked may be what was stopped.
        let since = ordered.filter { $0.end >= .zero }
        let failed = since.filter { !$0.isGood }
        return PlaceMeasure(
            requests: since.count, failed: failed.count,
            failedBefore: ordered.count { $0.end < .zero && !$0.isGood }, outages: outages(since),
            watch: watch(record.watch, certificate), end: ordered.last?.begin ?? .zero,
            reasons: failed.reduce(into: [:]) { $0[$1.reason, default: 0] += 1 })
    }

    /// Requests overlap, and one that hangs ends after others that began later: what counts is what a client that asked at a
    /// moment got.
    ///
    /// - Parameter samples: by their begin.
    static func outages(_ samples: [ProbeSample]) -> [Outage] {
        var found: [Outage] = []
        var open: (begin: Duration, requests: Int)?
        for sample in samples {
            if !sample.isGood {
                open = (open?.begin ?? max(sample.begin, .zero), (open?.requests ?? 0) + 1)
            } else if let run = open {
                found.append(Outage(begin: run.begin, end: max(sample.begin, run.begin), requests: run.requests))
                open = nil
            }
        }
        if let open { found.append(Outage(begin: open.begin, end: nil, requests: open.requests)) }
        return found
    }

    static func watch(_ changes: [WatchChange], _ certificate: String?) -> WatchMeasure {
        var stood = false
        var onTarget = false
        var gaps: [WatchGap] = []
        var open: (begin: Duration, noticed: Duration, reason: String)?
        var heard = Duration.zero
        var reason = ""
        for change in changes.sorted(by: { $0.at < $1.at }) {
            switch change.what {
            case .made(let digest):
                if change.at < .zero {
                    (stood, onTarget) = (true, digest == certificate)
                } else if let gap = open {
                    gaps.append(
                        WatchGap(begin: gap.begin, noticed: gap.noticed, end: change.at, reason: gap.reason))
                    open = nil
                }
                heard = max(heard, change.at)
            case .heard: heard = max(heard, change.at)
            case .lost(let why):
                guard change.at >= .zero else {
                    (stood, onTarget) = (false, false)
                    continue
                }
                // Of another server than the target nothing is known to have been away before the connection was.
                let isFirst = gaps.isEmpty
                open = (isFirst && onTarget ? heard : change.at, change.at, why)
            case .failed(let why): reason = why
            }
        }
        if let open { gaps.append(WatchGap(begin: open.begin, noticed: open.noticed, end: nil, reason: open.reason)) }
        return WatchMeasure(stood: stood, stoodOnTarget: onTarget, gaps: gaps, reason: stood ? "" : reason)
    }

    /// Whether waiting longer would tell nothing new of the watch: it stood elsewhere, was made anew, or has carried something
    /// since the target was back.
    static func isSettled(_ changes: [WatchChange], certificate: String?, back: Duration) -> Bool {
        let measure = watch(changes, certificate)
        guard measure.isBack else { return false }
        guard measure.stoodOnTarget, measure.gaps.isEmpty else { return true }
        return changes.contains { $0.what == .heard && $0.at > back }
    }
}
