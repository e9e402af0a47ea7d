// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTransport

/// Carries a drill out: everything that has been checked and agreed to.
struct DrillRun: Sendable {
    var target: DrillTarget
    let targetName: String
    let places: [DrillPlace]
    /// How long the target is away; of a host that restarts nobody says.
    let length: Duration
    /// How long the master may take until it serves again.
    let patience: Duration
    /// SHA-256 of the target's server certificate.
    let certificate: String?
    /// Text of a kubeconfig for who asks from outside.
    let kubeconfig: [UInt8]
    var pace = Pace.system
    /// Tells the operator how it goes.
    var say: @Sendable (String) -> Void = { StandardError.say($0) }

    /// After an idle connection's ping and the patience for it (`WatchPatience`) a watch is lost, or is known to carry.
    static let watchPatience = Duration.seconds(50)
    /// Good requests after the end.
    private static let tail = Duration.seconds(2)
    /// Exchanges by which clocks are compared.
    private static let marks = 8

    /// - Throws: `PreflightError` when nothing was stopped; `CancellationError` as well when that was interrupted before the
    ///   stop, and `DrillInterrupted` after it; `DrillUnsure` when nobody knows.
    func carryOut() async throws -> DrillOutcome {
        let talks = places.map { _ in ProbeTalk(now: pace.now) }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for (place, talk) in zip(places, talks) { group.addTask { await measure(place, talk) } }
            defer { for talk in talks { talk.finish() } }
            let notes = try await calm(talks)
            return try await act(talks, notes)
        }
    }

    // MARK: - Stop, put back, wait

    private func act(_ talks: [ProbeTalk], _ notes: [String]) async throws -> DrillOutcome {
        let keeper = KeeperTalk(now: pace.now)
        let transport = try await target.pool.connection(to: target.host)
        let fuse = Int(length / .seconds(1)) + DrillTarget.fuseReserve
        let script = DrillScripts(kind: target.kind, target: target.host, fuse: fuse).keeper
        // A task of its own: who puts back must not end with what is interrupted.
        let keeping = Task {
            _ = try? await transport.converse(keeper, with: script)
            keeper.ended()
        }
        do {
            try await compareClocks(talks, keeper)
            if target.kind.canBePutBack {
                keeper.order(.arm)
                try await target.answer("armed", of: keeper)
            }
            try Task.checkCancellation()
        } catch {
            // The end of its input ends it; what it armed it disarms.
            keeper.finish()
            await keeping.value
            throw refusal(error)
        }
        let begin = pace.now()
        keeper.order(.stop)
        let trouble = await away(keeper, since: begin)
        // From here on, whatever happened, something may have to be put back.
        let deadline = begin + .seconds(fuse) + DrillTarget.patience
        let putBack =
            target.kind.canBePutBack
            ? await Task { [target] in await target.putBack(keeper, keeping, until: deadline) }.value : nil
        let refused = await Task { [target] in await target.release(keeper, keeping) }.value
        let stop = keeper.moment(of: "stopped")
        if let failure = trouble as? DrillTarget.Failure ?? refused {
            let isOver = putBack != nil || !target.kind.canBePutBack
            guard failure.isRefusal, isOver else {
                throw DrillUnsure(reason: failure.message, isPutBack: putBack != nil, fuse: fuse)
            }
            throw refusal(failure)
        }
        guard let stop else { throw refusal(trouble ?? DrillTarget.Failure.cut) }
        if trouble is CancellationError { throw DrillInterrupted(putBack: putBack.map { $0 - stop.at }) }
        if target.kind.canBePutBack { tell(putBack.map { $0 - stop.at }) }
        do {
            let waited = try await target.serving(until: pace.now() + patience)
            try await settle(talks, stop.at, putBack ?? waited.at)
            return outcome(talks, notes, stop, putBack, waited)
        } catch is CancellationError {
            throw DrillInterrupted(putBack: putBack.map { $0 - stop.at })
        }
    }

    private func tell(_ putBack: Duration?) {
        say(
            putBack.map { "put back after \(RunWords.time($0)); waiting until \(targetName) serves" }
                ?? "\(targetName) could not be told to put it back, its own timer does; waiting until it serves")
    }

    private func compareClocks(_ talks: [ProbeTalk], _ keeper: KeeperTalk) async throws {
        try await target.answer("ready", of: keeper)
        for _ in 0..<Self.marks {
            for talk in talks { talk.mark() }
            keeper.order(.clock)
            try await pace.pause(.milliseconds(60))
        }
        let isDone = try await pace.until(DrillTarget.patience) {
            keeper.hasEnded
                || keeper.clockCount == Self.marks
                    && talks.allSatisfy { $0.hasEnded || $0.record.marks.count == Self.marks }
        }
        guard isDone, !keeper.hasEnded else {
            throw DrillTarget.Failure(
                message: "clocks could not be compared", remedy: "see whether the hosts can be reached")
        }
    }

    /// Waits while the target is away.
    ///
    /// - Returns: why it was not stopped, or what cut the waiting short.
    private func away(_ keeper: KeeperTalk, since begin: Duration) async -> (any Error)? {
        do {
            if target.kind == .host {
                // It may be gone before its word has come.
                let isGone = try await pace.until(DrillTarget.patience) {
                    keeper.hasEnded || keeper.failure != nil || keeper.answer("stopped") != nil
                }
                if let failure = keeper.failure { return DrillTarget.noRestart(failure) }
                say("\(targetName) \(isGone ? "restarts" : "was told to restart"); waiting until it serves")
                return nil
            }
            try await target.answer("stopped", of: keeper)
            say("\(words) is away for \(RunWords.time(length)); Ctrl-C puts it back at once")
            let rest = begin + length - pace.now()
            if try await pace.until(max(.zero, rest), { keeper.hasEnded }) {
                say("the connection to \(targetName) broke; the host puts it back by itself")
            }
            return nil
        } catch {
            return error
        }
    }

    private var words: String {
        switch target.kind {
        case .process: "the API server of \(targetName)"
        case .network: "the network of \(targetName)"
        case .host: targetName
        }
    }

    /// Measures on until the last request counts and every watch is known to carry, or to be lost.
    private func settle(_ talks: [ProbeTalk], _ stop: Duration, _ back: Duration?) async throws {
        try await pace.pause(Self.tail)
        let end = stop + Self.watchPatience
        guard pace.now() < end else { return }
        func isSettled(_ talk: ProbeTalk) -> Bool {
            guard !talk.hasEnded, let clock = ClockAlignment(talk.record.marks) else { return true }
            let changes = talk.record.moved(by: clock.offset - stop).watch
            return OutageAnalysis.isSettled(changes, certificate: certificate, back: (back ?? stop) - stop)
        }
        if !talks.allSatisfy(isSettled) { say("waiting until every watch is known to carry, or to be lost") }
        _ = try await pace.until(end - pace.now()) { talks.allSatisfy(isSettled) }
    }

    private func outcome(
        _ talks: [ProbeTalk], _ notes: [String], _ stop: (at: Duration, precision: Duration), _ putBack: Duration?,
        _ waited: (at: Duration?, reason: String)
    ) -> DrillOutcome {
        var notes = notes
        var measured: [(place: DrillPlace, measure: PlaceMeasure, precision: Duration)] = []
        for (place, talk) in zip(places, talks) {
            guard let clock = ClockAlignment(talk.record.marks) else {
                notes.append(
                    "\(place.name): not measured, its clock could not be compared: \(TerminalText.printable(talk.complaint))"
                )
                continue
            }
            let record = talk.record.moved(by: clock.offset - stop.at)
            measured.append(
                (
                    place, OutageAnalysis.measure(record, certificate: certificate),
                    clock.precision + stop.precision
                ))
            if talk.hasEnded {
                notes.append("\(place.name): measuring ended too early: \(TerminalText.printable(talk.complaint))")
            }
            if let stall = record.stalls.map(\.length).max() {
                notes.append(
                    "\(place.name): the probe itself stood still, for \(RunWords.time(stall)) at the most; what it saw "
                        + "then says little")
            }
        }
        return DrillOutcome(
            cluster: target.spec.name, kind: target.kind, target: target.host, targetName: targetName,
            moment: Date().addingTimeInterval((stop.at - pace.now()) / .seconds(1)),
            precision: stop.precision, putBack: putBack.map { $0 - stop.at }, serving: waited.at.map { $0 - stop.at },
            trouble: waited.reason, places: measured, notes: notes)
    }

    private func refusal(_ error: any Error) -> any Error {
        guard let failure = error as? DrillTarget.Failure else { return error }
        return PreflightError(problems: [
            Problem(place: target.host.id.description, message: failure.message, remedy: failure.remedy)
        ])
    }
}

/// The host was told to stop something, and it did not say whether it did.
struct DrillUnsure: Error, Sendable {
    let reason: String
    let isPutBack: Bool
    /// Seconds within which the host's timer puts it back.
    let fuse: Int

    func sentence(_ name: String) -> String {
        "\(name) was told to stop, and whether it did is not known: \(reason); "
            + (isPutBack ? "it was put back" : "a timer on it puts it back within \(fuse) s")
    }
}

/// Ctrl-C after something was stopped.
struct DrillInterrupted: Error, Sendable {
    /// `nil`: it is left to the host's timer, or comes back by itself.
    let putBack: Duration?
}
