// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeEngine
import HakubeModel

/// Sentences that the reporters for people share.
enum RunWords {
    /// Seconds with a tenth below a minute, minutes and seconds from there on.
    static func time(_ duration: Duration) -> String {
        let tenths = Int((duration / .milliseconds(100)).rounded())
        if tenths < 600 { return "\(tenths / 10).\(tenths % 10)s" }
        let seconds = tenths / 10
        return "\(seconds / 60):\(seconds % 60 < 10 ? "0" : "")\(seconds % 60)"
    }

    /// What happens to a step that goes on.
    static func text(_ notice: StepNotice) -> String {
        switch notice {
        case .connectionLost(let patience): "the connection broke; the host is tried again for \(time(patience))"
        case .connectionBack(let after): "the host is back after \(time(after))"
        case .jobFound: "an earlier run left this under way; waiting for its end"
        case .jobGoesOn: "goes on on the host; the same command picks it up"
        case .push(let notice): notice.sentence
        }
    }

    /// The last lines of a run: the failures with all an operator needs, then the sum.
    ///
    /// - Parameter width: where to break lines; `nil` leaves them as they are.
    static func ending(_ summary: PlanSummary, width: Int? = nil) -> String {
        (summary.failures.flatMap { failure($0, width) } + broken(sum(summary), "  ", width)).map { $0 + "\n" }.joined()
    }

    private static func failure(_ failure: StepFailure, _ width: Int?) -> [String] {
        let said = failure.lastLines.map(TerminalText.printable)
        return [""] + broken("error: \(failure.host): \(failure.title): \(failure.message)", "  ", width)
            + said.flatMap { broken("    | \($0)", "    |   ", width) }
            + broken("  to do: \(failure.remedy)", "    ", width)
    }

    private static func sum(_ summary: PlanSummary) -> String {
        var parts = ["\(summary.changed) changed", "\(summary.unchanged) unchanged"]
        if !summary.failures.isEmpty { parts.append("\(summary.failures.count) failed") }
        if summary.interrupted { parts.append("interrupted") }
        return "\(parts.joined(separator: ", ")) in \(time(summary.elapsed))"
    }

    /// A line broken at blanks so that none is wider than `width`; those after the first begin with `indent`. A word that is
    /// too wide, a path or a digest, is broken where the line ends.
    static func broken(_ line: String, _ indent: String, _ width: Int?) -> [String] {
        guard let width, width > 2 * indent.count else { return [line] }
        var lines: [String] = []
        var rest = line
        while TerminalText.width(rest) > width {
            let fitting = TerminalText.cut(rest, to: width, mark: "")
            let blank = fitting.lastIndex(of: " ").flatMap { index in
                fitting[..<index].contains { $0 != " " && $0 != "|" } ? index : nil
            }
            let kept = blank.map { String(fitting[..<$0]) } ?? fitting
            lines.append(kept)
            rest = indent + rest.dropFirst(kept.count + (blank == nil ? 0 : 1))
        }
        return lines + [rest]
    }
}
