// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan
import Synchronization
import Testing

@testable import HakubeCLI

/// A drill carried out in memory: whatever goes wrong, nothing stays stopped, and what went wrong is said.
@Suite(.timeLimit(.minutes(1))) struct DrillRunTests {
    @Test func `it is armed before it is stopped, put back after its time, and measured meanwhile`() async throws {
        let world = try DrillWorld()
        let outcome = try await world.run(length: .seconds(10)).carryOut()
        #expect(world.acts == ["arm", "stop", "restore"] && !world.isAway)
        let putBack = try #require(outcome.putBack)
        #expect(putBack >= .seconds(9.9) && putBack < .seconds(10.2), "\(putBack)")
        #expect(try #require(outcome.serving) >= putBack && outcome.trouble.isEmpty && outcome.notes.isEmpty)
        let measure = try #require(outcome.places.first).measure
        #expect(measure.failedBefore == 0 && (195...205).contains(measure.failed) && measure.isBack, "\(measure)")
        #expect(measure.outages.count == 1 && measure.reasons == ["refused": measure.failed])
        // The clocks are 5000 s apart, and read as one.
        #expect(
            measure.firstFailure ?? .seconds(99) < .seconds(0.2) && measure.back ?? .zero >= putBack - .seconds(0.2))
        #expect(outcome.isWell)
        #expect(measure.watch.stoodOnTarget && measure.watch.isBack && measure.watch.gaps.count == 1)
    }

    @Test func `an interruption puts back at once, and says when that was`() async throws {
        let world = try DrillWorld(.network)
        let run = world.run(length: .seconds(600))
        let (stops, feed) = AsyncStream.makeStream(of: Void.self)
        // Told in the keeper's own turn: no time passes before the run knows.
        let task = Task {
            for await _ in stops { break }
            return try await run.carryOut()
        }
        world.atStop.withLock { $0 = { task.cancel() } }
        feed.yield()
        let error = await #expect(throws: DrillInterrupted.self) { try await task.value }
        #expect(error?.putBack ?? .seconds(99) < .seconds(1))
        #expect(world.acts == ["arm", "stop", "restore"] && !world.isAway)
    }

    @Test func `an interruption before the stop stops nothing`() async throws {
        let world = try DrillWorld(.process, .sick)
        let run = world.run(length: .seconds(10))
        let task = Task { try await run.carryOut() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(world.acts.isEmpty)
    }

    private func refusal(
        _ fault: DrillWorld.Fault, _ kind: DrillKind = .process
    ) async throws -> (world: DrillWorld, sentence: String?) {
        let world = try DrillWorld(kind, fault)
        let error = await #expect(throws: PreflightError.self) {
            try await world.run(length: .seconds(10)).carryOut()
        }
        return (world, error?.problems.first.map { "\($0.place): \($0.message)" })
    }

    @Test func `a worker that gets no answers beforehand is told, and nothing is stopped`() async throws {
        let (world, sentence) = try await refusal(.sick)
        #expect(
            sentence?.hasPrefix("worker1: the endpoint does not answer here, before anything was stopped: ") == true)
        #expect(sentence?.hasSuffix("the last with: refused") == true && world.acts.isEmpty)
    }

    @Test func `without a timer nothing is stopped`() async throws {
        let (world, sentence) = try await refusal(.noTimer)
        #expect(sentence == "10.0.0.1: no timer can be armed: no bus" && world.acts == ["arm"])
    }

    @Test func `what could not be stopped is put back all the same`() async throws {
        let (world, sentence) = try await refusal(.noStop)
        #expect(sentence == "10.0.0.1: no process of the API server runs here")
        #expect(world.acts == ["arm", "stop", "restore"])
    }

    @Test func `when the connection breaks another one puts back`() async throws {
        let world = try DrillWorld(.process, .cut)
        let outcome = try await world.run(length: .seconds(10)).carryOut()
        #expect(world.acts == ["arm", "stop", "recovery"] && !world.isAway)
        #expect(outcome.putBack != nil && outcome.serving != nil)
    }

    @Test func `a host that says nothing is put back, and nobody claims to know whether it was stopped`() async throws {
        let world = try DrillWorld(.process, .mute)
        let error = await #expect(throws: DrillUnsure.self) {
            try await world.run(length: .seconds(10)).carryOut()
        }
        #expect(error?.isPutBack == true && world.acts == ["arm", "stop", "restore"] && !world.isAway)
        #expect(
            error?.sentence("master1") == "master1 was told to stop, and whether it did is not known: "
                + "it gave no answer within 20.0s; it was put back")
    }

    @Test func `a host that restarts is given the time to do it, and waited for`() async throws {
        let world = try DrillWorld(.host)
        let outcome = try await world.run(length: .zero).carryOut()
        #expect(world.acts == ["stop"] && outcome.putBack == nil)
        #expect(try #require(outcome.serving) >= .seconds(7), "gone after two seconds, for five")
        #expect(outcome.isWell && outcome.places.first?.measure.failed ?? 0 > 90)
    }

    @Test func `a host that cannot restart says why`() async throws {
        let (world, sentence) = try await refusal(.noRestart, .host)
        #expect(sentence == "10.0.0.1: refused" && world.acts == ["stop"])
    }

    @Test func `a master that does not come back is an outcome, with the reason`() async throws {
        let world = try DrillWorld(.process, .noReturn)
        let outcome = try await world.run(length: .seconds(2), patience: .seconds(10)).carryOut()
        #expect(outcome.serving == nil && outcome.trouble == "its API server is not ready: connection refused")
        #expect(world.acts.last == "restore")
    }
}
