// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTestSupport
import HakubeTransport
import Testing

/// Failure and Ctrl-C.
@Suite struct RunEndTests {
    typealias Fixture = PlanFixture

    @Test func `a failed step stops its lane and the phases after`() async throws {
        let fixture = try Fixture(rules: [
            { _, script in script.text == "bad" ? ScriptOutput(status: 3, err: "no luck\n") : nil }
        ])
        let phases = [
            Fixture.phase([Lane(host: Fixture.one, steps: [Fixture.step("bad"), Fixture.step("next")])]),
            Fixture.phase([Lane(host: Fixture.one, steps: [Fixture.step("later")])]),
        ]
        let summary = try await fixture.run(phases)
        let failure = try #require(summary.failures.first)
        #expect(summary.failures.count == 1)
        #expect(failure.host == Fixture.one && failure.step == "bad")
        #expect(failure.message == "ended with status 3")
        #expect(failure.lastLines == ["no luck"])
        #expect(!failure.isConnection && !summary.interrupted)
        #expect(fixture.hosts.scripts(on: Fixture.one) == ["bad"])
    }

    @Test func `after a failure the other lanes end the small steps that are on their way and stop`() async throws {
        let gate = Gate()
        let fixture = try Fixture(rules: [
            { _, script in
                switch script.text {
                case "long":
                    await gate.pass()
                    return nil
                case "bad":
                    await gate.arrivals(1)
                    return ScriptOutput(status: 1)
                default: return nil
                }
            }
        ])
        let lanes = [
            Lane(host: Fixture.one, steps: [Fixture.step("bad")]),
            Lane(
                host: Fixture.two,
                steps: [Fixture.step("long"), Fixture.step("next"), Fixture.step("by itself", turn: "t")]),
        ]
        async let running = fixture.run([Fixture.phase(lanes)])
        while !fixture.story.contains("-10.0.0.1 bad failed") { await Task.yield() }
        await gate.open()
        let summary = try await running
        #expect(summary.changed == 2)
        #expect(fixture.story.last == "-10.0.0.2 next changed")
        #expect(fixture.hosts.scripts(on: Fixture.two) == ["long", "next"])
    }

    @Test func `all lanes that fail are reported`() async throws {
        let gate = Gate()
        let fixture = try Fixture(rules: [
            { _, script in
                guard script.text == "bad" else { return nil }
                await gate.pass()
                return ScriptOutput(status: 1)
            }
        ])
        let lanes = [Fixture.one, Fixture.two].map { Lane(host: $0, steps: [Fixture.step("bad")]) }
        async let summary = fixture.run([Fixture.phase(lanes)])
        await gate.arrivals(2)
        await gate.open()
        #expect(try await Set(summary.failures.map(\.host)) == [Fixture.one, Fixture.two])
    }

    @Test func `what only waits gives up when the run has failed elsewhere`() async throws {
        let gate = Gate()
        let fixture = try Fixture(rules: [
            { _, script in
                switch script.text {
                case "bad":
                    await gate.pass()
                    return ScriptOutput(status: 1)
                case "ready?":
                    await gate.open()
                    return ScriptOutput(status: 1)
                default: return nil
                }
            }
        ])
        let wait = Step(
            id: "wait", title: "wait", action: .await(Script("ready?"), deadline: .seconds(1_000_000)), readOnly: true)
        let lanes = [
            Lane(host: Fixture.one, steps: [Fixture.step("bad")]), Lane(host: Fixture.two, steps: [wait]),
        ]
        let summary = try await fixture.run([Fixture.phase(lanes)])
        #expect(summary.failures.map(\.step) == ["bad"])
        #expect(fixture.story.contains("-10.0.0.2 wait interrupted"))
    }

    @Test func `a host that cannot be reached is a failure of the connection`() async throws {
        let fixture = try Fixture(rules: [
            { host, script in
                guard script.text == FakeHosts.connecting else { return nil }
                throw TransportError(.unreachable, peer: "root@\(host):22", message: "refused", remedy: "start sshd")
            }
        ])
        let summary = try await fixture.run([Fixture.step("a")])
        let failure = try #require(summary.failures.first)
        #expect(failure.isConnection)
        #expect(failure.message == "refused" && failure.remedy == "start sshd")
    }

    @Test func `a script that outruns its time is a failure of the step, with what it said until then`() async throws {
        let fixture = try Fixture(rules: [
            { host, script in
                guard script.text == "hang" else { return nil }
                throw TransportError(
                    .timeout, peer: "root@\(host):22", message: "ran longer than 120 s", remedy: "look")
            }
        ])
        let summary = try await fixture.run([Fixture.step("hang")])
        let failure = try #require(summary.failures.first)
        #expect(!failure.isConnection)
        #expect(failure.message == "ran longer than 120 s")
    }

    @Test(.timeLimit(.minutes(1)))
    func `Ctrl-C interrupts what runs, stops all lanes and is no failure`() async throws {
        let gate = Gate()
        let fixture = try Fixture(rules: [
            { _, script in
                guard script.text == "long" else { return nil }
                await gate.pass()
                try Task.checkCancellation()
                return nil
            }
        ])
        let lanes = [Fixture.one, Fixture.two].map { host in
            Lane(host: host, steps: [Fixture.step("long"), Fixture.step("next")])
        }
        let run = Task { try await fixture.run([Fixture.phase(lanes), Fixture.phase(lanes)]) }
        await gate.arrivals(2)
        run.cancel()
        let summary = try await run.value
        #expect(summary.interrupted)
        #expect(summary.failures.isEmpty && summary.changed == 0)
        #expect(fixture.story.filter { $0.hasSuffix("interrupted") }.count == 2)
        #expect(fixture.hosts.scripts(on: Fixture.one) == ["long"])
    }
}
