// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeEngine
import HakubeModel
import HakubePlan

/// A line for each step that ends: for pipes, logs and terminals that can do no more.
actor PlainReporter: Reporter {
    private let write: @Sendable (String) -> Void
    private let verbose: Bool
    private var began = ContinuousClock.now

    init(verbose: Bool, write: @escaping @Sendable (String) -> Void) {
        self.verbose = verbose
        self.write = write
    }

    func report(_ event: Event) {
        switch event {
        case .planStarted: began = ContinuousClock.now
        case .phaseStarted(let phase): write("\(phase.title)\n")
        case .output(let step, _, let text) where verbose: write("  \(step.host) | \(text)\n")
        case .stepFinished(let step, let outcome, _):
            write("  [\(RunWords.seconds(ContinuousClock.now - began))] \(step.host) \(step.title): \(outcome.word)\n")
        case .planFinished(let summary): write(RunWords.ending(summary))
        case .stepStarted, .output, .progress, .phaseFinished: break
        }
    }
}

/// Sentences that the reporters for people share.
enum RunWords {
    static func seconds(_ duration: Duration) -> String {
        String(format: "%.1fs", duration / .seconds(1))
    }

    /// The last lines of a run: the failures with all an operator needs, then the sum.
    static func ending(_ summary: PlanSummary) -> String {
        let failures = summary.failures.map { failure in
            let lines = failure.lastLines.map { "    | \($0)\n" }.joined()
            return
                "\nerror: \(failure.host): \(failure.title): \(failure.message)\n\(lines)  to do: \(failure.remedy)\n"
        }
        let sum = "\(summary.changed) changed, \(summary.unchanged) unchanged in \(seconds(summary.elapsed))\n"
        return failures.joined() + sum
    }
}
