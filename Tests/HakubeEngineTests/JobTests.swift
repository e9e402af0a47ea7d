// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

@testable import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTestSupport
import HakubeTransport
import Synchronization
import Testing

/// Scripts that outlive their connection.
@Suite struct JobTests {
    typealias Fixture = PlanFixture

    private let one = PlanFixture.one

    private func job(_ text: String, unless: String? = nil) -> Step {
        Step(id: "kubeadm init", title: "t", action: .job(Script(text)), unless: unless.map { Script($0) })
    }

    private let name = "kubeadm-init"

    /// A fixture whose host breaks the connection when `work` runs; `leaving` is what then stands on the host.
    private func breaking(leaving: FakeHosts.Job?, unless: Int? = nil) throws -> Fixture {
        let hosts = Mutex<FakeHosts?>(nil)
        let fixture = try Fixture(rules: [
            { host, script in
                if script.text == "done?" { return ScriptOutput(status: unless ?? 1) }
                guard script.text == "work" else { return nil }
                hosts.withLock { $0 }?[job: host, "kubeadm-init"] = leaving
                throw Self.lost(host)
            }
        ])
        hosts.withLock { $0 = fixture.hosts }
        return fixture
    }

    private static func lost(_ host: HostID) -> TransportError {
        TransportError(.lost, peer: "root@\(host):22", message: "the connection broke", remedy: "look")
    }

    private func notices(_ fixture: Fixture) -> [String] {
        fixture.events.compactMap { if case .notice(_, let notice) = $0 { notice.word } else { nil } }
    }

    @Test func `a job that ends well is a change, and nothing of it stays`() async throws {
        let fixture = try Fixture(rules: [
            { _, script in script.text == "work" ? ScriptOutput(status: 0, out: "hello\n") : nil }
        ])
        #expect(try await fixture.run([job("work")]).changed == 1)
        #expect(fixture.hosts[job: one, name] == nil)
        let said = fixture.events.compactMap { if case .output(_, _, let text) = $0 { text } else { nil } }
        #expect(said == ["hello"], "and nothing of how hakube learns its end")
    }

    @Test func `a job that fails is told with its status and what it said`() async throws {
        let fixture = try Fixture(rules: [
            { _, script in script.text == "work" ? ScriptOutput(status: 3, err: "no luck\n") : nil }
        ])
        let failure = try #require(try await fixture.run([job("work")]).failures.first)
        #expect(failure.message == "ended with status 3" && failure.lastLines == ["no luck"])
        #expect(fixture.hosts[job: one, name] == nil)
    }

    @Test func `a job whose connection breaks is followed over a new one`() async throws {
        let fixture = try breaking(leaving: FakeHosts.Job(end: "ended 0", output: "second half\n"))
        let summary = try await fixture.run([job("work", unless: "done?")])
        #expect(summary.changed == 1 && summary.failures.isEmpty)
        #expect(fixture.hosts.scripts(on: one).filter { $0 == "work" }.count == 1)
        #expect(fixture.hosts.acts.filter { $0 == .connect(one) }.count == 2)
        #expect(notices(fixture) == ["connection-lost", "connection-back"])
        #expect(fixture.hosts.closed == [one])
    }

    @Test func `a host that stays away for two minutes ends the run, and its job does not`() async throws {
        let connected = Mutex(0)
        let fixture = try Fixture(rules: [
            { host, script in
                if script.text == "work" { throw Self.lost(host) }
                guard script.text == FakeHosts.connecting,
                    connected.withLock({
                        $0 += 1; return $0
                    }) > 1
                else {
                    return nil
                }
                throw TransportError(.unreachable, peer: "\(host)", message: "no route", remedy: "look")
            }
        ])
        let summary = try await fixture.run([job("work")])
        let failure = try #require(summary.failures.first)
        #expect(failure.isConnection && failure.message == "the connection broke")
        #expect(summary.elapsed >= .seconds(120) && summary.elapsed < .seconds(126))
    }

    @Test(arguments: [(0, "changed"), (1, "failed")])
    func `a job that a restart took is done when its check says so, and else fails`(status: Int, outcome: String)
        async throws
    {
        // The check is asked before the act as well: its first answer has to be no.
        let asked = Mutex(0)
        let fixture = try Fixture(rules: [
            { host, script in
                if script.text == "done?" {
                    return ScriptOutput(
                        status: asked.withLock {
                            $0 += 1; return $0
                        } == 1 ? 1 : status)
                }
                if script.text == "work" { throw Self.lost(host) }
                return nil
            }
        ])
        let summary = try await fixture.run([job("work", unless: "done?")])
        #expect(fixture.story.last == "-10.0.0.1 kubeadm init \(outcome)")
        #expect(summary.failures.allSatisfy { $0.message.contains("restart") && $0.remedy.contains("same command") })
        #expect(fixture.hosts.scripts(on: one).filter { $0 == "work" }.count == 1, "it is not repeated blindly")
    }

    @Test func `what an earlier run left is waited for before its check is asked`() async throws {
        let fixture = try Fixture(rules: [{ _, script in script.text == "done?" ? ScriptOutput(status: 0) : nil }])
        fixture.hosts[job: one, name] = FakeHosts.Job(end: "ended 0", output: "the rest\n")
        let summary = try await fixture.run([job("work", unless: "done?")])
        #expect(summary.unchanged == 1 && summary.changed == 0, "this run did not do it")
        #expect(notices(fixture) == ["job-found"])
        #expect(fixture.hosts.scripts(on: one) == ["done?"], "it was not started again")
        #expect(fixture.hosts[job: one, name] == nil)
        #expect(fixture.events.contains { if case .output(_, _, "the rest") = $0 { true } else { false } })
    }

    @Test(arguments: ["ended 1", "killed", "overrun"])
    func `what an earlier run left undone is done once it has ended`(end: String) async throws {
        let fixture = try Fixture(rules: [{ _, script in script.text == "done?" ? ScriptOutput(status: 1) : nil }])
        fixture.hosts[job: one, name] = FakeHosts.Job(end: end)
        #expect(try await fixture.run([job("work", unless: "done?")]).changed == 1)
        #expect(fixture.hosts.scripts(on: one) == ["done?", "work"])
    }

    @Test func `a job without a check waits for an earlier one of its name and then runs`() async throws {
        let fixture = try Fixture()
        fixture.hosts[job: one, name] = FakeHosts.Job(end: "ended 0")
        #expect(try await fixture.run([job("work")]).changed == 1)
        #expect(notices(fixture) == ["job-found"])
        #expect(fixture.hosts.scripts(on: one) == ["work"])
    }

    @Test(arguments: [("killed", "was killed"), ("overrun", "did not end within 120 s")])
    func `a job that was ended from outside says so`(end: String, words: String) async throws {
        let fixture = try breaking(leaving: FakeHosts.Job(end: end, output: "so far\n"))
        let failure = try #require(try await fixture.run([job("work")]).failures.first)
        #expect(failure.message.contains(words) && failure.lastLines == ["so far"])
        #expect(fixture.hosts[job: one, name] == nil)
    }

    @Test(.timeLimit(.minutes(1))) func `Ctrl-C leaves the job running and says so`() async throws {
        let gate = Gate()
        let fixture = try Fixture(rules: [
            { _, script in
                guard script.text == "work" else { return nil }
                await gate.pass()
                try Task.checkCancellation()
                return nil
            }
        ])
        let step = job("work")
        let run = Task { try await fixture.run([step]) }
        await gate.arrivals(1)
        run.cancel()
        #expect(try await run.value.interrupted)
        #expect(notices(fixture) == ["job-goes-on"])
    }
}
