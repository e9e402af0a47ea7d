// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

@testable import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTestSupport
import HakubeTransport
import Synchronization
import Testing

/// What a connection that breaks once does to steps that are no jobs.
@Suite struct ReconnectTests {
    typealias Fixture = PlanFixture

    private let one = PlanFixture.one

    /// Breaks the connection the first time that `text` is asked; then `answers` in turn, the last again and again.
    private func fixture(breaking text: String, then answers: [Int] = [0], before: [Int] = []) throws -> Fixture {
        let left = Mutex((before: before, answers: answers, broke: false))
        return try Fixture(rules: [
            { host, script in
                let status: Int? = left.withLock { left in
                    if script.text == "done?" {
                        return left.broke ? left.answers.first : left.before.first ?? 1
                    }
                    guard script.text == text, !left.broke else { return 0 }
                    left.broke = true
                    return nil
                }
                guard let status else {
                    throw TransportError(.lost, peer: "\(host)", message: "the connection broke", remedy: "look")
                }
                return script.text.hasPrefix("stat") ? nil : ScriptOutput(status: status)
            }
        ])
    }

    @Test func `a question is asked again`() async throws {
        let fixture = try fixture(breaking: "ready?")
        let wait = Step(id: "w", title: "w", action: .await(Script("ready?"), deadline: .seconds(9)), readOnly: true)
        #expect(try await fixture.run([wait]).unchanged == 1)
        #expect(fixture.hosts.scripts(on: one) == ["ready?", "ready?"])
    }

    @Test func `a file is written whatever its mode's question met`() async throws {
        let fixture = try fixture(breaking: "stat -c %a /etc/a")
        fixture.hosts[one, "/etc/a"] = FakeHosts.File("old\n", mode: 0o600)
        let write = Step(id: "w", title: "w", action: .write(RemoteFile(path: "/etc/a", mode: 0o600, text: "old\n")))
        #expect(try await fixture.run([write]).unchanged == 1)
    }

    @Test func `an act is not done again, but its check tells that it took place`() async throws {
        let fixture = try fixture(breaking: "act", then: [0])
        #expect(try await fixture.run([Fixture.step("act", unless: "done?")]).changed == 1)
        #expect(fixture.hosts.scripts(on: one) == ["done?", "act", "done?"])
    }

    @Test func `an act whose check still says no fails as a connection does`() async throws {
        let fixture = try fixture(breaking: "act", then: [1])
        let failure = try #require(try await fixture.run([Fixture.step("act", unless: "done?")]).failures.first)
        #expect(failure.isConnection)
        #expect(fixture.hosts.scripts(on: one) == ["done?", "act", "done?"])
    }

    @Test func `an act without a check fails at once`() async throws {
        let fixture = try fixture(breaking: "act")
        #expect(try await fixture.run([Fixture.step("act")]).failures.count == 1)
        #expect(fixture.hosts.scripts(on: one) == ["act"])
    }
}
