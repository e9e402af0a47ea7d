// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan
import HakubeTransport

/// Performs one step on one connected host.
struct StepRunner: Sendable {
    let line: HostLine
    let workplace: Workplace
    let values: RuntimeValues
    let reference: StepReference
    let pace: Pace
    /// Token of the run's lock on this host.
    let claim: String?
    /// What the hosts of this phase get, and from whom.
    let fanOut: FanOut
    /// The run has failed elsewhere: what only waits may stop waiting.
    let isStopping: @Sendable () -> Bool
    let report: @Sendable (Event) async -> Void

    var advice: FailureAdvice { FailureAdvice(reference: reference) }

    /// True when the host was changed, false when all was as it should be.
    ///
    /// - Parameter asked: what the step's check has just said, where it was asked already; never 0.
    /// - Throws: `StepFailure`, `TransportError`, `CancellationError`.
    func perform(_ step: Step, asked: Int? = nil) async throws -> Bool {
        if case .job(let script) = step.action {
            return try await work(script, for: step, asked: asked) && !step.readOnly
        }
        if asked == nil, let unless = step.unless, try await isDone(unless) {
            if case .push = step.action { fanOut.settle(reference.host) }
            return false
        }
        let changed =
            switch step.action {
            case .run(let script): try await act(script, unless: step.unless)
            case .job: false
            case .write(let file): try await write(file)
            case .block(let block): try await apply(block)
            case .push(let role, let arch, let folder): try await push(role, arch, to: folder)
            case .capture(let path, let kind): try await capture(path, as: kind)
            case .learn(let path, let registry): try await learn(path, of: registry)
            case .fetch(let path, let name, let server): try await fetch(path, as: name, server: server)
            case .keep(let path, let name): try await keep(path, as: name)
            case .await(let script, let deadline): try await poll(script, for: deadline)
            }
        return changed && !step.readOnly
    }

    func isDone(_ check: Script) async throws -> Bool { try await status(of: check) == 0 }

    /// A question's answer. 0 and 1 are answers; anything else (127: no such program) is none, and the step is done to be
    /// safe.
    func status(of check: Script) async throws -> Int {
        let status = try await ask(check).output.status
        await tell(status)
        return status
    }

    /// Says what a check ended with, unless that is an answer.
    func tell(_ status: Int) async {
        guard status > 1 && status != HostJob.standing else { return }
        await report(.output(reference, stream: "check", text: "the check ended with status \(status)"))
    }

    /// What a script said and how it ended, with its last lines as they came, both streams mixed.
    struct Answer: Sendable {
        var output: ScriptOutput
        var lastLines: [String]
        var lineCount = 0
    }

    /// Runs a script that only looks, once more if the connection breaks meanwhile.
    ///
    /// - Throws: as `perform`; a script that outran its time is a `StepFailure` with what it said until then.
    func ask(_ script: Script) async throws -> Answer {
        try await line.repeating { try await answer(to: script, on: $0) }
    }

    private func answer(to script: Script, on transport: any Transport) async throws -> Answer {
        var answer = Answer(output: ScriptOutput(status: 0), lastLines: [])
        do {
            try await hear(script, on: transport, into: &answer)
        } catch let error as TransportError where error.code == .timeout {
            throw advice.timeout(error, answer.lastLines)
        }
        return answer
    }

    /// Runs a script with the run's values filled in; its lines go out as events, secrets blotted out. What was heard until
    /// an error stands in `answer`.
    ///
    /// - Parameter only: the stream that belongs to the operator; `nil`: both.
    func hear(
        _ script: Script, on transport: any Transport, into answer: inout Answer, only: OutputLine.Stream? = nil
    ) async throws {
        let resolved = Script(
            claimed(try values.resolve(script.text), script.asRoot), timeout: script.timeout, asRoot: script.asRoot)
        let (lines, feed) = AsyncStream.makeStream(of: OutputLine.self)
        async let output = withFinish(feed) { try await transport.run(resolved) { feed.yield($0) } }
        for await line in lines where only == nil || line.stream == only {
            let text = values.redact(line.text)
            answer.lineCount += 1
            answer.lastLines = answer.lastLines.suffix(FailureAdvice.lineCount - 1) + [text]
            await report(.output(reference, stream: line.stream.rawValue, text: text))
        }
        answer.output = try await output
        if answer.output.status == RunLock.lost { try await checkClaim(on: transport) }
    }

    private func withFinish(
        _ feed: AsyncStream<OutputLine>.Continuation, _ body: @Sendable () async throws -> ScriptOutput
    ) async throws -> ScriptOutput {
        defer { feed.finish() }
        return try await body()
    }

    /// An act is never done twice blindly; but when the connection broke, its check can tell that it took place.
    private func act(_ script: Script, unless: Script?) async throws -> Bool {
        let answer: Answer
        do {
            answer = try await line.once { try await self.answer(to: script, on: $0) }
        } catch let error as TransportError where error.code == .lost {
            guard let unless else { throw error }
            try await line.reconnect(after: error)
            guard try await isDone(unless) else { throw error }
            return true
        }
        guard answer.output.status == 0 else {
            try await line.once { try await checkClaim(on: $0) }
            throw advice.failure(of: answer)
        }
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
                let answer = try await ask(question)
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
