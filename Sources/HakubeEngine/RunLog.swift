// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import Foundation
import HakubeModel
import HakubePlan
import Synchronization

/// What a run did, step by step, on the operator's machine: a journal for programs, a log for people. Both mode 0600.
///
/// Truth is always read from the hosts; these are for support.
package final class RunLog: Sendable {
    package let logFile: URL
    private let log: Mutex<AppendedFile>
    private let journal: Mutex<AppendedFile>
    private let began = ContinuousClock.now

    /// Opens `logs/MOMENT.log` and `journal.jsonl` below a folder.
    ///
    /// - Throws: an error of the file system; nothing has been done then.
    package init(folder: URL, now: Date = Date()) throws {
        let logs = folder.appending(path: "logs")
        try FileManager.default.createDirectory(
            at: logs, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let name = now.formatted(.iso8601.dateTimeSeparator(.standard).timeSeparator(.omitted))
        logFile = logs.appending(path: "\(name)-\(ProcessInfo.processInfo.processIdentifier).log")
        log = Mutex(try AppendedFile(logFile))
        journal = Mutex(try AppendedFile(folder.appending(path: "journal.jsonl")))
    }

    /// What keeps the log or the journal from being whole, and what to do about it; `nil` when they are.
    package var gap: String? {
        let failure = log.withLock { $0.failure } ?? journal.withLock { $0.failure }
        return failure.map { "\($0); \($0.remedy)" }
    }

    /// Appends what an event says; a full disk here must not stop what runs on the hosts.
    package func write(_ event: Event) {
        guard let line = text(of: event) else { return }
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        let stamp = String(format: "%8.2f", seconds)
        log.withLock { $0.append(Data("\(stamp) \(line)".utf8)) }
        guard case .stepFinished(let step, let outcome, let elapsed) = event else { return }
        let entry = JournalEntry(step, outcome, elapsed)
        guard let data = try? JSONEncoder.journal.encode(entry) else { return }
        journal.withLock { $0.append(data) }
    }

    private func text(of event: Event) -> String? {
        switch event {
        case .planStarted(let plan): "plan for cluster \(plan.cluster), Kubernetes \(plan.kubernetes)"
        case .phaseStarted(let phase): "== \(phase.title)"
        case .stepStarted(let step): "\(step.host) \(step.step): \(step.title)"
        case .output(let step, let stream, let text): "\(step.host) \(step.step) \(stream)> \(text)"
        case .notice(let step, .push(let notice)): "\(step.host) \(step.step): \(notice.word): \(notice.sentence)"
        case .notice(let step, let notice): "\(step.host) \(step.step): \(notice.word)"
        case .progress, .phaseFinished: nil
        case .stepFinished(let step, .failed(let failure), _): "\(step.host) \(step.step): failed: \(failure.message)"
        case .stepFinished(let step, let outcome, _): "\(step.host) \(step.step): \(outcome.word)"
        case .planFinished(let summary):
            "\(summary.changed) changed, \(summary.unchanged) unchanged, \(summary.failures.count) failed"
        }
    }
}

extension StepOutcome {
    /// One word for logs and reports.
    package var word: String {
        switch self {
        case .changed: "changed"
        case .unchanged: "unchanged"
        case .failed: "failed"
        case .interrupted: "interrupted"
        }
    }
}

extension StepNotice {
    /// Its name for logs and programs.
    package var word: String {
        switch self {
        case .connectionLost: "connection-lost"
        case .connectionBack: "connection-back"
        case .jobFound: "job-found"
        case .jobGoesOn: "job-goes-on"
        case .push(let notice): notice.word
        }
    }
}

/// A line of journal.jsonl.
private struct JournalEntry: Encodable {
    let time: Date
    let phase: String, host: String, step: String, outcome: String
    let seconds: Double
    let message: String?

    init(_ step: StepReference, _ outcome: StepOutcome, _ elapsed: Duration) {
        time = Date()
        phase = step.phase
        host = step.host.description
        self.step = step.step
        self.outcome = outcome.word
        seconds = (elapsed / .milliseconds(1)).rounded() / 1000
        if case .failed(let failure) = outcome { message = failure.message } else { message = nil }
    }
}

extension JSONEncoder {
    fileprivate static var journal: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return encoder
    }
}
