// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel
import HakubePlan

/// What a drill will do, and what came of one, for people: no line wider than 80 columns.
enum DrillText {
    /// What stands before the question whether to do it.
    static func announcement(
        _ kind: DrillKind, target: String, cluster: String, length: Duration, places: [DrillPlace]
    ) -> String {
        let act =
            switch kind {
            case .process:
                "On \(target) the API server's process is killed, and kept away for \(RunWords.time(length))."
            case .network:
                "On \(target) every packet of its cluster interface but sshd's is dropped for \(RunWords.time(length))."
            case .host: "\(target) restarts at once, as after a power cut; what runs there ends."
            }
        let safety =
            kind.canBePutBack
            ? ["Before that a timer on the host is armed that puts it back, whatever becomes of this machine."] : []
        let measured = places.map { "  \($0.name) asks \($0.server)" }
        return ([act] + safety + ["The cluster \(cluster) is measured meanwhile:"] + measured)
            .flatMap { RunWords.broken($0, "  ", RunBoard.widest) }.map { $0 + "\n" }.joined()
    }

    /// Ends with a newline.
    static func report(_ outcome: DrillOutcome) -> String {
        let parts = [head(outcome), table(outcome), legend(outcome), details(outcome)]
        return parts.filter { !$0.isEmpty }.map { lines in
            lines.flatMap { RunWords.broken($0, "  ", RunBoard.widest) }.map { $0 + "\n" }.joined()
        }.joined(separator: "\n")
    }

    private static func head(_ outcome: DrillOutcome) -> [String] {
        let name = outcome.targetName
        let what =
            switch outcome.kind {
            case .process: "the API server of \(name) was killed"
            case .network: "the network of \(name) was cut"
            case .host: "\(name) was restarted"
            }
        let away = outcome.putBack.map { ", and put back after \(RunWords.time($0))" } ?? ""
        let back =
            switch (outcome.serving, outcome.putBack) {
            case (let serving?, let putBack?): "It served again \(RunWords.time(serving - putBack)) after that."
            case (let serving?, nil): "It served again after \(RunWords.time(serving))."
            case (nil, _): "It DOES NOT SERVE yet: \(TerminalText.printable(outcome.trouble))"
            }
        return ["Drill in \(outcome.cluster): \(what)\(away).", back]
    }

    private static func table(_ outcome: DrillOutcome) -> [String] {
        var table = TextTable(["FROM", "REQUESTS", "FAILED", "LONGEST", "FIRST", "BACK", "WATCH AWAY"])
        for (place, measure, _) in outcome.places {
            let isHit = measure.failed > 0
            table.add([
                place.name, "\(measure.requests)", "\(measure.failed)", milliseconds(measure.longest),
                milliseconds(measure.firstFailure),
                isHit && !measure.isBack ? "NOT BACK" : milliseconds(measure.back),
                watch(measure.watch, outcome.end),
            ])
        }
        return table.lines()
    }

    private static func watch(_ watch: WatchMeasure, _ end: Duration) -> String {
        guard watch.stood else { return "none" }
        guard watch.isBack else { return "NOT BACK" }
        if let longest = watch.longest(until: end) { return milliseconds(longest) }
        return watch.stoodOnTarget ? "held" : "elsewhere"
    }

    private static func milliseconds(_ duration: Duration?) -> String {
        duration.map { "\(Int(($0 / .milliseconds(1)).rounded())) ms" } ?? "-"
    }

    private static func legend(_ outcome: DrillOutcome) -> [String] {
        let precision = outcome.places.map(\.precision).max() ?? outcome.precision
        let watches = outcome.places.map(\.measure.watch)
        var lines = [
            "LONGEST: the longest time without a good answer. FIRST and BACK: from the stop to the first request that "
                + "failed, and to the one from which on none did. Times are right to \(milliseconds(precision)), and to "
                + "the 50 ms between requests."
        ]
        if watches.contains(where: { $0.stood && !$0.stoodOnTarget && $0.gaps.isEmpty }) {
            lines.append("elsewhere: the watch stood on another master, and was not concerned.")
        }
        if watches.contains(where: { $0.stoodOnTarget && $0.gaps.isEmpty }) {
            lines.append(
                "held: the watch stood on \(outcome.targetName) and outlived the drill; what it carried came late.")
        }
        return lines
    }

    private static func details(_ outcome: DrillOutcome) -> [String] {
        let reasons = outcome.places.flatMap { place, measure, _ -> [String] in
            let failures = measure.reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
                "\(place.name): \($0.value) × \(TerminalText.printable($0.key))"
            }
            let gaps = measure.watch.gaps.map {
                "\(place.name): the watch was lost \(milliseconds($0.noticed)) after the stop: \(TerminalText.printable($0.reason))"
            }
            let missing =
                measure.watch.stood
                ? [] : ["\(place.name): there was no watch: \(TerminalText.printable(measure.watch.reason))"]
            let before =
                measure.failedBefore > 0
                ? ["\(place.name): \(measure.failedBefore) requests had failed before the stop"] : []
            return failures + gaps + missing + before
        }
        return reasons + outcome.notes
    }
}
