// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeEngine
import HakubeModel
import HakubePlan

/// One JSON object a line, for programs. Keys keep their names and meaning; new ones may come.
actor JSONLinesReporter: Reporter {
    /// Programs that follow a push need no more often than this.
    private static let progressInterval = Duration.seconds(1)
    /// The same for all hosts together.
    private static let overallInterval = Duration.milliseconds(500)

    private let write: @Sendable (String) -> Void
    private let verbose: Bool
    private let log: String
    private let pace: Pace
    private let date: @Sendable () -> Date
    private var told: [StepReference: Duration] = [:]
    private var push: (phase: Phase, progress: PushProgress, told: Duration?)?

    init(
        verbose: Bool, log: String, pace: Pace = .system, date: @escaping @Sendable () -> Date = { Date() },
        write: @escaping @Sendable (String) -> Void
    ) {
        self.verbose = verbose
        self.log = log
        self.pace = pace
        self.date = date
        self.write = write
    }

    func report(_ event: Event) {
        let lines = [line(of: event), overall(event)].compactMap { $0 }
        for line in event.endsPhase ? lines.reversed() : lines {
            guard let data = try? Self.encoder.encode(line) else { continue }
            write(String(decoding: data, as: UTF8.self) + "\n")
        }
    }

    /// All hosts of a push together: twice a second at most, and once more when the phase ends.
    private func overall(_ event: Event) -> JSONLine? {
        let now = pace.now()
        switch event {
        case .phaseStarted(let phase): push = PushProgress(phase, at: now).map { (phase, $0, nil) }
        case .progress(let step, let done, let total): push?.progress.advance(step, done, of: total, at: now)
        case .stepFinished(let step, let outcome, _): push?.progress.end(step, outcome)
        default: break
        }
        guard let (phase, progress, told) = push else { return nil }
        if event.endsPhase { push = nil } else if let told, now - told < Self.overallInterval { return nil }
        guard event.endsPhase || progress.isMoving else { return nil }
        push?.told = now
        var line = JSONLine("push-progress", date(), phase: phase)
        line.put(progress.overall(at: now))
        return line
    }

    private func line(of event: Event) -> JSONLine? {
        switch event {
        case .planStarted(let plan):
            var line = JSONLine("plan-started", date())
            line.cluster = plan.cluster
            line.kubernetes = plan.kubernetes.description
            line.phases = plan.phases.map(\.id)
            line.steps = plan.phases.flatMap(\.lanes).reduce(0) { $0 + $1.steps.count }
            line.log = log
            return line
        case .phaseStarted(let phase):
            var line = JSONLine("phase-started", date(), phase: phase)
            line.hosts = phase.lanes.map(\.host.description)
            return line
        case .phaseFinished(let phase, let elapsed):
            var line = JSONLine("phase-finished", date(), phase: phase)
            line.seconds = Self.seconds(elapsed)
            return line
        case .stepStarted(let step): return JSONLine("step-started", date(), step: step)
        case .output(let step, let stream, let text):
            guard verbose else { return nil }
            var line = JSONLine("output", date(), step: step)
            line.stream = stream
            line.text = text
            return line
        case .notice(let step, let notice):
            var line = JSONLine("notice", date(), step: step)
            line.notice = notice.word
            line.text = RunWords.text(notice)
            return line
        case .progress(let step, let done, let total): return progress(step, done, total)
        case .stepFinished(let step, let outcome, let elapsed):
            told[step] = nil
            var line = JSONLine("step-finished", date(), step: step)
            line.outcome = outcome.word
            line.seconds = Self.seconds(elapsed)
            if case .failed(let failure) = outcome { line.failure = JSONFailure(failure) }
            return line
        case .planFinished(let summary): return ending(summary)
        }
    }

    private func progress(_ step: StepReference, _ done: Int, _ total: Int) -> JSONLine? {
        let now = pace.now()
        if let last = told[step], now - last < Self.progressInterval, done < total { return nil }
        told[step] = now
        var line = JSONLine("progress", date(), step: step)
        line.done = done
        line.total = total
        return line
    }

    private func ending(_ summary: PlanSummary) -> JSONLine {
        var line = JSONLine("plan-finished", date())
        line.changed = summary.changed
        line.unchanged = summary.unchanged
        line.failed = summary.failures.count
        line.failures = summary.failures.map(JSONFailure.init)
        line.interrupted = summary.interrupted
        line.seconds = Self.seconds(summary.elapsed)
        line.log = log
        return line
    }

    private static func seconds(_ duration: Duration) -> Double { (duration / .milliseconds(1)).rounded() / 1000 }

    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return encoder
    }
}

/// A line of JSON; what does not belong to its event is left out.
private struct JSONLine: Encodable {
    let event: String
    let time: Date
    var phase: String?, title: String?, host: String?, step: String?
    var cluster: String?, kubernetes: String?, phases: [String]?, steps: Int?, hosts: [String]?
    var stream: String?, text: String?, notice: String?
    var done: Int?, total: Int?
    var hostsComplete: Int?, hostsSending: Int?, hostsWaiting: Int?, rate: Int?, secondsLeft: Double?
    var outcome: String?, seconds: Double?, failure: JSONFailure?
    var changed: Int?, unchanged: Int?, failed: Int?, failures: [JSONFailure]?, interrupted: Bool?
    var log: String?

    init(_ event: String, _ time: Date) {
        self.event = event
        self.time = time
    }

    init(_ event: String, _ time: Date, phase: Phase) {
        self.init(event, time)
        self.phase = phase.id
        title = phase.title
    }

    mutating func put(_ overall: PushProgress.Overall) {
        (done, total, rate) = (overall.done, overall.total, overall.rate)
        (hostsComplete, hostsSending, hostsWaiting) = (overall.complete, overall.sending, overall.waiting)
        secondsLeft = overall.left.map { ($0 / .milliseconds(100)).rounded() / 10 }
    }

    init(_ event: String, _ time: Date, step: StepReference) {
        self.init(event, time)
        phase = step.phase
        host = step.host.description
        self.step = step.step
        title = step.title
    }
}

extension Event {
    fileprivate var endsPhase: Bool { if case .phaseFinished = self { true } else { false } }
}

private struct JSONFailure: Encodable {
    let host: String, step: String, title: String, message: String, lines: [String], remedy: String
    /// `connection` or `step`.
    let kind: String

    init(_ failure: StepFailure) {
        host = failure.host.description
        step = failure.step
        title = failure.title
        message = failure.message
        lines = failure.lastLines
        remedy = failure.remedy
        kind = failure.isConnection ? "connection" : "step"
    }
}
