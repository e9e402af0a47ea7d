// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

@testable import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTestSupport
import HakubeTransport
import Synchronization
import Testing

/// Small steps of a lane that travel together, on hosts in memory.
@Suite struct BatchTests {
    typealias Fixture = PlanFixture

    private let one = PlanFixture.one

    private func write(_ path: String, _ text: String = "text\n") -> Step {
        Step(id: path, title: path, action: .write(RemoteFile(path: path, text: text)))
    }

    @Test func `small steps of a lane are one exchange, and told one by one`() async throws {
        let fixture = try Fixture(rules: [{ _, script in ScriptOutput(status: script.text == "ask" ? 1 : 0) }])
        let steps = [
            Fixture.step("a"), Fixture.step("b", unless: "ask"), Fixture.step("c", unless: "is so"), write("/d"),
        ]
        let summary = try await fixture.run(steps)
        #expect(summary.changed == 3 && summary.unchanged == 1)
        #expect(
            fixture.story == [
                "+10.0.0.1 a", "-10.0.0.1 a changed", "+10.0.0.1 b", "-10.0.0.1 b changed", "+10.0.0.1 c",
                "-10.0.0.1 c unchanged", "+10.0.0.1 /d", "-10.0.0.1 /d changed",
            ])
        #expect(fixture.hosts.scripts(on: one) == ["a", "ask", "b", "is so"])
        #expect(fixture.hosts[one, "/d"] == FakeHosts.File("text\n"))
        #expect(fixture.hosts.exchanges[one] == 1)
    }

    @Test func `a second run of files, checks and waits is one exchange and changes nothing`() async throws {
        let fixture = try Fixture()
        let job = Step(id: "j", title: "j", action: .job(Script("work")), unless: Script("[ -e /done ]"))
        let wait = Step(id: "w", title: "w", action: .await(Script("ready?"), deadline: .seconds(9)), readOnly: true)
        fixture.hosts[one, "/a"] = FakeHosts.File("text\n")
        let summary = try await fixture.run([write("/a"), job, Fixture.step("x", unless: "is so"), wait])
        #expect(summary.unchanged == 4 && summary.changed == 0)
        #expect(fixture.hosts.exchanges[one] == 1)
    }

    @Test func `each step's lines are its own, and only the act's explain a failure`() async throws {
        let fixture = try Fixture(rules: [
            { _, script in
                switch script.text {
                case "ask": ScriptOutput(status: 1, err: "not yet\n")
                case "bad": ScriptOutput(status: 3, out: "one\n", err: "two\n")
                default: ScriptOutput(status: 0, out: "\(script.text) said\n")
                }
            }
        ])
        let summary = try await fixture.run([Fixture.step("a"), Fixture.step("bad", unless: "ask"), Fixture.step("c")])
        let failure = try #require(summary.failures.first)
        #expect(failure.step == "bad" && failure.message == "ended with status 3")
        #expect(failure.lastLines == ["one", "two"])
        #expect(fixture.hosts.scripts(on: one) == ["a", "ask", "bad"], "the first failure ends the batch")
        #expect(fixture.story.last == "-10.0.0.1 bad failed")
        let heard = fixture.events.compactMap { event in
            if case .output(let step, _, let text) = event { "\(step.step): \(text)" } else { nil }
        }
        #expect(heard == ["a: a said", "bad: not yet", "bad: one", "bad: two"])
    }

    @Test func `what is no script ends a batch and is done between two of them`() async throws {
        let fixture = try Fixture(rules: [{ _, script in script.text == "ask" ? ScriptOutput(status: 1) : nil }])
        let job = Step(id: "j", title: "j", action: .job(Script("work")), unless: Script("ask"))
        let summary = try await fixture.run([
            Fixture.step("a"), Fixture.step("b"), job, Fixture.step("c"), Fixture.step("d"),
        ])
        #expect(summary.changed == 5)
        #expect(fixture.hosts.scripts(on: one) == ["a", "b", "ask", "work", "c", "d"], "no check is asked twice")
        #expect(fixture.story.filter { $0.hasPrefix("+") }.count == 5, "no step begins twice")
    }

    @Test func `a step whose value no step has brought yet ends the batch before it, and fails by itself`() async throws
    {
        let fixture = try Fixture()
        let steps = [Fixture.step("a"), Fixture.step("b"), Fixture.step("use \(RuntimeValue.clusterCA.marker)")]
        let summary = try await fixture.run(steps)
        #expect(summary.changed == 2)
        #expect(summary.failures.first?.message == "no step has brought the cluster-ca yet, which this one needs")
    }

    @Test func `a host that another run has taken over ends the batch before its next act`() async throws {
        let lock = FakeHosts.File("token b\nuser bob\nmachine ops2\ncommand hakube clean\nprocess 7\nsince 50000")
        let steal = Mutex<FakeHosts?>(nil)
        let fixture = try Fixture(rules: [
            { _, script in
                if script.text == "a" { steal.withLock { $0?[PlanFixture.one, RunLock.path] = lock } }
                return nil
            }
        ])
        steal.withLock { $0 = fixture.hosts }
        let lane = Lane(host: one, steps: [Fixture.step("a"), Fixture.step("b")])
        let summary = try await fixture.run([Fixture.phase([lane])], claim: "a")
        #expect(summary.failures.first?.message.hasPrefix("the host was taken over by bob@ops2") == true)
        #expect(fixture.hosts.scripts(on: one) == ["a"])
    }

    @Test(.timeLimit(.minutes(1))) func `a part that outruns its own time is stopped, and fails as by itself`()
        async throws
    {
        let fixture = try Fixture(rules: [
            { _, script in
                guard script.text == "hang" else { return nil }
                try await Task.sleep(for: .seconds(1000))
                return nil
            }
        ])
        let hang = Step(id: "hang", title: "hang", action: .run(Script("hang", timeout: .milliseconds(50))))
        let summary = try await fixture.run([Fixture.step("a"), hang, Fixture.step("c")])
        let failure = try #require(summary.failures.first)
        #expect(failure.step == "hang" && !failure.isConnection)
        #expect(failure.message.contains("was stopped"))
        #expect(summary.changed == 1 && !summary.interrupted)
    }

    /// What becomes of a batch of `a`, `b` and `c` whose connection breaks in `b`, by what the host says afterwards.
    private func broken(_ record: String, doneAfterwards: Bool = true, unless: String? = "done?") async throws
        -> (Fixture, PlanSummary)
    {
        let broke = Mutex(false)
        let fixture = try Fixture(rules: [
            { host, script in
                if script.text.hasPrefix("owner=") { return ScriptOutput(status: 0, out: record) }
                let isFirst = broke.withLock { broke in
                    if script.text == "done?" { return false }
                    defer { broke = broke || script.text == "b" }
                    return script.text == "b" && !broke
                }
                if script.text == "done?" {
                    return ScriptOutput(status: broke.withLock { $0 } && doneAfterwards ? 0 : 1)
                }
                guard isFirst else { return nil }
                throw TransportError(.lost, peer: "\(host)", message: "the connection broke", remedy: "look")
            }
        ])
        let steps = [Fixture.step("a"), Fixture.step("b", unless: unless), Fixture.step("c", unless: unless)]
        return (fixture, try await fixture.run(steps))
    }

    @Test func `after a break the host tells what ended unheard, and the check what the act came to`() async throws {
        let (fixture, summary) = try await broken("0 acted 0\n1 begun 0\nreached\n")
        #expect(summary.failures.isEmpty && summary.changed == 2)
        #expect(fixture.story.last == "-10.0.0.1 c unchanged")
        #expect(fixture.hosts.scripts(on: one).filter { $0 == "b" }.count == 1, "the act is not done again")
    }

    @Test func `an act that ended unheard counts by the host's word`() async throws {
        let (fixture, summary) = try await broken(
            "0 acted 0\n1 begun 0\n1 acted 0\nreached\n", doneAfterwards: false, unless: nil)
        #expect(summary.failures.isEmpty && summary.changed == 3)
        #expect(fixture.hosts.scripts(on: one).filter { $0 == "b" }.count == 1)
    }

    @Test func `an act that failed unheard fails the step`() async throws {
        let (_, summary) = try await broken("0 acted 0\n1 acted 4\nreached\n")
        #expect(summary.failures.first?.message == "ended with status 4")
    }

    @Test func `an act of which nobody can say whether it took place fails as a connection does`() async throws {
        for record in ["0 acted 0\n1 begun 0\nreached\n", ""] {
            let (fixture, summary) = try await broken(record, unless: nil)
            #expect(summary.failures.first?.isConnection == true)
            #expect(fixture.hosts.scripts(on: one).filter { $0 == "b" }.count == 1)
        }
    }

    @Test func `an act that had not begun is done`() async throws {
        let (fixture, summary) = try await broken("0 acted 0\nreached\n", doneAfterwards: false, unless: nil)
        #expect(summary.failures.isEmpty && summary.changed == 3)
        #expect(fixture.hosts.scripts(on: one).filter { $0 == "a" }.count == 1)
    }

    @Test func `a batch that never reached the host is sent again`() async throws {
        let (fixture, summary) = try await broken("never\n", doneAfterwards: false, unless: nil)
        #expect(summary.failures.isEmpty && summary.changed == 3)
        #expect(fixture.hosts.scripts(on: one).last == "c")
    }
}
