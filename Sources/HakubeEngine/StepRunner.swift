// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan
import HakubeTransport

/// Performs one step on one connected host.
struct StepRunner: Sendable {
    let transport: any Transport
    let workplace: Workplace
    let values: RuntimeValues
    let reference: StepReference
    let pace: Pace
    /// The run has failed elsewhere: what only waits may stop waiting.
    let isStopping: @Sendable () -> Bool
    let report: @Sendable (Event) async -> Void

    var advice: FailureAdvice { FailureAdvice(reference: reference) }

    /// True when the host was changed, false when all was as it should be.
    ///
    /// - Throws: `StepFailure`, `TransportError`, `CancellationError`.
    func perform(_ step: Step) async throws -> Bool {
        if let unless = step.unless, try await isDone(unless) { return false }
        let changed =
            switch step.action {
            case .run(let script): try await act(script)
            case .write(let file): try await write(file)
            case .block(let block): try await apply(block)
            case .push(let role, let folder): try await push(role, to: folder)
            case .capture(let path, let kind): try await capture(path, as: kind)
            case .fetch(let path, let name, let server): try await fetch(path, as: name, server: server)
            case .keep(let path, let name): try await keep(path, as: name)
            case .await(let script, let deadline): try await poll(script, for: deadline)
            }
        return changed && !step.readOnly
    }

    private func isDone(_ check: Script) async throws -> Bool {
        let status = try await run(check).output.status
        if status > 1 {
            // 0 and 1 are answers; anything else (127: no such program) is none, and the step is done to be safe.
            await report(.output(reference, stream: "check", text: "the check ended with status \(status)"))
        }
        return status == 0
    }

    /// What a script said and how it ended, with its last lines as they came, both streams mixed.
    struct Answer: Sendable {
        let output: ScriptOutput
        let lastLines: [String]
    }

    /// Runs a script with the run's values filled in; its lines go out as events, secrets blotted out.
    ///
    /// - Throws: as `perform`; a script that outran its time is a `StepFailure` with what it said until then.
    func run(_ script: Script) async throws -> Answer {
        let resolved = Script(try values.resolve(script.text), timeout: script.timeout, asRoot: script.asRoot)
        let (lines, feed) = AsyncStream.makeStream(of: OutputLine.self)
        async let output = withFinish(feed) { try await transport.run(resolved) { feed.yield($0) } }
        var last: [String] = []
        for await line in lines {
            let text = values.redact(line.text)
            last = last.suffix(FailureAdvice.lineCount - 1) + [text]
            await report(.output(reference, stream: line.stream.rawValue, text: text))
        }
        do {
            return Answer(output: try await output, lastLines: last)
        } catch let error as TransportError where error.code == .timeout {
            throw advice.timeout(error, last)
        }
    }

    private func withFinish(
        _ feed: AsyncStream<OutputLine>.Continuation, _ body: @Sendable () async throws -> ScriptOutput
    ) async throws -> ScriptOutput {
        defer { feed.finish() }
        return try await body()
    }

    private func act(_ script: Script) async throws -> Bool {
        let answer = try await run(script)
        guard answer.output.status == 0 else { throw advice.failure(of: answer) }
        return true
    }

    /// Asks until the answer is yes. The pause grows to a second: a host that is busy starting is not asked all the time.
    private func poll(_ script: Script, for deadline: Duration) async throws -> Bool {
        let end = pace.now() + deadline
        var pause = Duration.milliseconds(250)
        var heard: [String] = []
        while true {
            // One question that hangs must not use up more than what is left of the time.
            let left = max(end - pace.now(), .seconds(1))
            let question = Script(script.text, timeout: min(script.timeout, left), asRoot: script.asRoot)
            do {
                let answer = try await run(question)
                if answer.output.status == 0 { return true }
                heard = answer.lastLines
            } catch let failure as StepFailure {
                if !failure.lastLines.isEmpty { heard = failure.lastLines }
            }
            guard pace.now() < end else { throw advice.missed(deadline, heard) }
            guard !isStopping() else { throw CancellationError() }
            try await pace.pause(pause)
            pause = min(pause * 2, .seconds(1))
        }
    }
}
