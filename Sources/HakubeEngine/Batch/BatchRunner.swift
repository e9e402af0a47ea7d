// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan
import HakubeTransport

/// Carries a batch out. What is told and counted, step by step and as it happens, is what it would be one by one.
struct BatchRunner: Sendable {
    let batch: StepBatch
    let course: LaneCourse

    /// Where the batch is.
    private struct State {
        /// The part at hand.
        var index = 0
        var begin = Duration.zero
        /// How its check ended, once its act has begun.
        var checked: Int?
        /// Of the act alone, redacted; and all it wrote on standard error.
        var lastLines: [String] = []
        var err = ""
        /// The mark that ended the batch before its last part.
        var stop: BatchTranscript.Mark?
    }

    /// - Returns: how many of the lane's steps have been dealt with.
    func carryOut() async -> Int {
        var state = State()
        state.begin = await course.begin(batch.parts[0].step)
        do {
            try await play(&state)
        } catch _ where state.index == batch.parts.count {
            // All has been told; what became of the connection after that, the next step meets.
        } catch let error as TransportError where error.code == .lost {
            return await resume(state, after: error)
        } catch {
            return await end(state) { runner in
                guard let error = error as? TransportError, error.code == .timeout else { throw error }
                throw runner.advice.timeout(error, state.lastLines)
            }
        }
        guard state.index < batch.parts.count else { return state.index }
        return await leave(state)
    }

    private func part(_ state: State) -> BatchPart { batch.parts[state.index] }

    /// Runs the script and follows it.
    private func play(_ state: inout State) async throws {
        let transport = try await course.pool.connection(to: course.host)
        let run = WatchedRun(
            batch.script, on: transport, of: course.host.id.description, limit: limit(of: state))
        async let _: Void = run.guardDeadline()
        var transcript = BatchTranscript(tag: batch.tag)
        for await line in run.lines {
            for item in transcript.take(line) { await take(item, &state, run) }
        }
        for item in transcript.finish() { await take(item, &state, run) }
        _ = try await run.output()
    }

    private func limit(of state: State) -> Duration {
        let part = part(state)
        return state.checked == nil && part.check != nil ? part.checkTimeout : part.actTimeout
    }

    private func take(_ item: BatchTranscript.Item, _ state: inout State, _ run: WatchedRun) async {
        guard state.stop == nil, state.index < batch.parts.count else { return }
        switch item {
        case .line(let line): await hear(line, &state)
        case .mark(let mark):
            guard mark.part == state.index else { return }
            await heed(mark, &state)
            if state.index < batch.parts.count { run.allow(limit(of: state)) }
        }
    }

    private func hear(_ line: OutputLine, _ state: inout State) async {
        let part = part(state)
        let text = course.values.redact(line.text)
        if line.stream == .err { state.err += text + "\n" }
        state.lastLines = state.lastLines.suffix(FailureAdvice.lineCount - 1) + [text]
        // What writes a file says nothing but why it could not.
        guard part.kind == .script else { return }
        await course.report(.output(course.reference(part.step), stream: line.stream.rawValue, text: text))
    }

    private func heed(_ mark: BatchTranscript.Mark, _ state: inout State) async {
        let step = part(state).step
        switch (mark.word, mark.status) {
        case (.wanted, _):
            if part(state).hasPlainCheck { await course.runner(step).tell(mark.status) }
            (state.checked, state.lastLines, state.err) = (mark.status, [], "")
        case (.unchanged, _): await next(&state, .unchanged)
        case (.acted, 0): await next(&state, step.readOnly ? .unchanged : .changed)
        case (.acted, _), (.needed, _): state.stop = mark
        case (.begun, _): break
        }
    }

    /// Ends the part at hand and begins the one after it.
    private func next(_ state: inout State, _ outcome: StepOutcome) async {
        await course.end(part(state).step, outcome, since: state.begin)
        state = State(index: state.index + 1)
        guard state.index < batch.parts.count else { return }
        state.begin = await course.begin(part(state).step)
    }

    /// Ends the part at hand, and with it the batch.
    private func end(_ state: State, _ body: (StepRunner) async throws -> Bool) async -> Int {
        let step = part(state).step
        await course.end(step, await course.outcome(of: step, body), since: state.begin)
        return state.index + 1
    }

    /// The script has ended before its last part.
    private func leave(_ state: State) async -> Int {
        let part = part(state)
        let (answer, checked) = (answer(state), state.checked)
        switch state.stop {
        case let mark? where mark.word == .needed:
            if part.hasPlainCheck { await course.runner(part.step).tell(mark.status) }
            return await end(state) { runner in
                // The run's claim is looked at again with the question.
                let asked = part.hasPlainCheck && mark.status != RunLock.lost ? mark.status : nil
                return try await runner.perform(part.step, asked: asked)
            }
        case let mark?: return await end(state) { try await refuse($0, part, answer, mark.status) }
        // The shell itself ended: a part that broke its syntax, or a host without memory.
        case nil:
            return await end(state) { runner in
                guard checked == nil && part.check != nil else { return try await refuse(runner, part, answer, 137) }
                return try await runner.perform(part.step)
            }
        }
    }

    private func answer(_ state: State) -> StepRunner.Answer {
        StepRunner.Answer(output: ScriptOutput(status: 1, err: state.err), lastLines: state.lastLines)
    }

    /// An act that ended badly.
    private func refuse(
        _ runner: StepRunner, _ part: BatchPart, _ answer: StepRunner.Answer, _ status: Int
    ) async throws -> Bool {
        try await runner.line.once { try await runner.checkClaim(on: $0) }
        if case .file(let path, _) = part.kind {
            let said = answer.lastLines.joined(separator: " / ")
            throw TransportError(
                .file, peer: course.host.id.description, message: "\(path) cannot be written: \(said)",
                remedy: "check the file system on the host (space, read-only mount, what stands at this path)")
        }
        var answer = answer
        answer.output = ScriptOutput(status: status, err: answer.output.err)
        throw runner.advice.failure(of: answer)
    }

    /// The connection broke: a new one tells how far the batch came. Nothing is done twice blindly.
    private func resume(_ broken: State, after lost: TransportError) async -> Int {
        var state = broken
        let record: BatchRecord
        do {
            let line = course.runner(part(state).step).line
            try await line.reconnect(after: lost)
            let question = batch.settling(claim: course.claim)
            record = BatchRecord(try await line.repeating { try await $0.run(question) { _ in } }.out)
        } catch {
            return await end(state) { _ in throw error }
        }
        for mark in record.marks where mark.part == state.index && mark.isEnd && state.stop == nil {
            await heed(mark, &state)
            if state.index == batch.parts.count { return state.index }
        }
        if state.stop != nil { return await leave(state) }
        let part = part(state)
        // Where nothing is known, later acts may have been done as well.
        let isBlind = record.reach == .unknown && batch.parts[state.index...].contains { $0.isUncheckedRun }
        let mayBeDone =
            record.reach == .unknown || record.marks.contains { $0.part == state.index && $0.word == .begun }
        return await end(state) { runner in
            guard !isBlind else { throw lost }
            // A file is written again, a question asked again; so is what has not begun.
            guard mayBeDone, case .run = part.step.action, part.act != nil else {
                return try await runner.perform(part.step)
            }
            guard let unless = part.step.unless, try await runner.isDone(unless) else { throw lost }
            return !part.step.readOnly
        }
    }
}

extension BatchPart {
    /// Nothing tells whether it was done.
    fileprivate var isUncheckedRun: Bool { act != nil && check == nil }
}

/// What a host says of a batch whose connection broke.
struct BatchRecord: Sendable, Hashable {
    enum Reach: Sendable, Hashable {
        /// The host had it, and came as far as the marks say.
        case reached
        /// It did not reach the host.
        case never
        /// The host was restarted, or nothing can be said.
        case unknown
    }

    let marks: [BatchTranscript.Mark]
    let reach: Reach

    init(_ text: String) {
        let lines = text.split(separator: "\n")
        marks = lines.compactMap { BatchTranscript.Mark($0) }
        reach = lines.last == "reached" ? .reached : lines.last == "never" ? .never : .unknown
    }
}
