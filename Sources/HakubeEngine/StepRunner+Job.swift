// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan
import HakubeTransport

extension StepRunner {
    /// Beyond the time that systemd gives a job: systemd ends it, and this end only hears of it.
    private static let slack = Duration.seconds(20)

    /// Runs a step's script as a job; one that an earlier run left is waited for first, whatever became of it.
    ///
    /// - Parameter asked: as in `perform`.
    func work(_ script: Script, for step: Step, asked: Int? = nil) async throws -> Bool {
        let job = HostJob(step: step.id, title: step.title, timeout: script.timeout)
        if let unless = step.unless {
            let question = Script(job.check(unless.text), timeout: unless.timeout)
            let found = if let asked { asked } else { try await status(of: question) }
            switch found {
            case 0: return false
            case HostJob.standing:
                try await sitOut(job, script.timeout)
                // That earlier run did it, not this one.
                if try await isDone(unless) { return false }
            default: break
            }
        }
        let text = try values.resolve(script.text)
        var result = try await follow(job, script.timeout, first: job.start(text))
        if result.end == .occupied {
            try await sitOut(job, script.timeout)
            result = try await follow(job, script.timeout, first: job.start(text))
        }
        switch result.end {
        case .status(0): return true
        case .status(let status): throw failure(status, result.lastLines)
        case .killed, .occupied: throw failure(137, result.lastLines)
        case .overrun: throw advice.overrun(script.timeout, result.lastLines)
        case .gone:
            // The host was restarted, so it did not run to its end; or the answer that it had was lost.
            if let unless = step.unless, try await isDone(unless) { return true }
            throw advice.failure(
                "the host forgot it, most likely by a restart", result.lastLines,
                "run the same command again; it finds how far this came")
        }
    }

    private func failure(_ status: Int, _ lines: [String]) -> StepFailure {
        advice.failure(of: Answer(output: ScriptOutput(status: status), lastLines: lines))
    }

    private func sitOut(_ job: HostJob, _ timeout: Duration) async throws {
        await report(.notice(reference, .jobFound))
        _ = try await follow(job, timeout, first: job.follow(from: 1))
    }

    private struct JobResult {
        let end: HostJob.End
        let lastLines: [String]
    }

    /// Follows a job to its end over as many connections as it takes, then clears what it left.
    private func follow(_ job: HostJob, _ timeout: Duration, first: String) async throws -> JobResult {
        let end = pace.now() + timeout + Self.slack
        var text = first
        var (heard, last): (Int, [String]) = (0, [])
        while true {
            let script = Script(text, timeout: max(end - pace.now(), .seconds(1)))
            var answer = Answer(output: ScriptOutput(status: 0), lastLines: [])
            do {
                try await line.once { try await hear(script, on: $0, into: &answer, only: .err) }
            } catch let error as TransportError where error.code == .lost {
                (heard, last) = (heard + answer.lineCount, last + answer.lastLines)
                try await orLeft { try await line.reconnect(after: error) }
                text = job.follow(from: heard + 1)
                continue
            } catch let error as TransportError where error.code == .timeout {
                try? await clear(job.stop)
                throw advice.timeout(error, last + answer.lastLines)
            } catch is CancellationError {
                await report(.notice(reference, .jobGoesOn))
                throw CancellationError()
            }
            let lines = Array((last + answer.lastLines).suffix(FailureAdvice.lineCount))
            guard answer.output.status == 0, let end = HostJob.End(answer.output.out) else {
                throw advice.failure(of: Answer(output: answer.output, lastLines: lines))
            }
            if end != .occupied { try? await clear(job.clear) }
            return JobResult(end: end, lastLines: lines)
        }
    }

    private func orLeft(_ body: () async throws -> Void) async throws {
        do { try await body() } catch {
            if error is CancellationError { await report(.notice(reference, .jobGoesOn)) }
            throw error
        }
    }

    /// What is not cleared now is by the next run.
    private func clear(_ text: String) async throws {
        // A run that has lost the host clears nothing of the one that has it.
        let script = Script(claimed(text, true))
        _ = try await line.repeating { try await $0.run(script) { _ in } }
    }
}
