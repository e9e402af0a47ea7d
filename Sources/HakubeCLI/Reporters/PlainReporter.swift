// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine
import HakubeModel
import HakubePlan

/// A line for each step that ends: for pipes, logs and terminals that can do no more.
actor PlainReporter: Reporter {
    /// How often a step that takes long says that it still runs: CI systems end what is silent.
    private static let heartbeat = Duration.seconds(30)

    private let write: @Sendable (String) -> Void
    private let verbose: Bool
    private let pace: Pace
    private var began = Duration.zero
    private var push: PushProgress?
    private var pushTold = Duration.zero
    private var running: [(step: StepReference, since: Duration, told: Duration)] = []

    init(verbose: Bool, pace: Pace = .system, write: @escaping @Sendable (String) -> Void) {
        self.verbose = verbose
        self.pace = pace
        self.write = write
    }

    func report(_ event: Event) {
        switch event {
        case .planStarted: began = pace.now()
        case .phaseStarted(let phase):
            (push, pushTold) = (PushProgress(phase, at: pace.now()), pace.now())
            write("\(phase.title)\n")
        case .stepStarted(let step): running.append((step, pace.now(), pace.now()))
        case .output(let step, _, let text) where verbose:
            write("  \(step.host) | \(TerminalText.printable(text))\n")
        case .notice(let step, let notice): tell(step, RunWords.text(notice))
        case .stepFinished(let step, let outcome, _):
            running.removeAll { $0.step == step }
            push?.end(step, outcome)
            tell(step, outcome.word)
        case .progress(let step, let done, let total): push?.advance(step, done, of: total, at: pace.now())
        case .planFinished(let summary):
            running = []
            write(RunWords.ending(summary))
        case .phaseFinished: push = nil
        case .output: break
        }
    }

    func animate() async {
        while (try? await pace.pause(.seconds(1))) != nil { beat() }
    }

    /// Tells of each running step that has been silent for so long; of pushes in one line.
    func beat() {
        let now = pace.now()
        if let push, now - pushTold >= Self.heartbeat, running.contains(where: { push.covers($0.step) }) {
            pushTold = now
            write("  [\(RunWords.time(now - began))] \(push.overall(at: now).sentence)\n")
        }
        for (index, entry) in running.enumerated()
        where now - entry.told >= Self.heartbeat && push?.covers(entry.step) != true {
            running[index].told = now
            tell(entry.step, "running for \(RunWords.time(now - entry.since))")
        }
    }

    private func tell(_ step: StepReference, _ what: String) {
        write("  [\(RunWords.time(pace.now() - began))] \(step.host) \(step.title): \(what)\n")
    }
}
