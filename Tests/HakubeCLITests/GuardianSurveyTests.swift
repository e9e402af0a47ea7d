// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine
import HakubeModel
import HakubeTestSupport
import HakubeTransport
import Testing

@testable import HakubeCLI

@Suite struct GuardianSurveyTests {
    private let fixture: GuardianFixture

    init() throws { fixture = try GuardianFixture() }

    private func findings(_ rule: @escaping FakeHosts.Rule) async throws -> (FakeHosts, [GuardianFinding]) {
        let hosts = FakeHosts(rules: [rule])
        let survey = GuardianSurvey(pool: ConnectionPool(connector: hosts), parallel: 16)
        let answers = try await survey.answers(of: fixture.spec.nodes)
        return (hosts, GuardianInspection(spec: fixture.spec).findings(answers))
    }

    @Test func `only the workers are asked, each once, and nothing is written`() async throws {
        let (hosts, found) = try await findings { _, script in
            script.text == FakeHosts.connecting ? nil : ScriptOutput(status: 0, out: GuardianFixture.calm)
        }
        #expect(found.map(\.verdict) == [.inOrder, .inOrder])
        for host in [GuardianFixture.one, GuardianFixture.two] {
            #expect(hosts.scripts(on: host) == ["/usr/local/bin/hakube-guardian status --output json"])
        }
        #expect(hosts.acts.count == 4)
    }

    @Test func `workers are asked side by side, as many as the user allows`() async throws {
        let gate = Gate()
        let hosts = FakeHosts(rules: [
            { _, script in
                if script.text != FakeHosts.connecting { await gate.pass() }
                return nil
            }
        ])
        let survey = GuardianSurvey(pool: ConnectionPool(connector: hosts), parallel: 2)
        let nodes = fixture.spec.nodes
        async let answers = survey.answers(of: nodes)
        await gate.arrivals(2)
        await gate.open()
        #expect(try await answers.count == 2)
    }

    @Test func `a worker that cannot be asked hides no other`() async throws {
        let (_, found) = try await findings { host, script in
            guard host == GuardianFixture.two else {
                return script.text == FakeHosts.connecting ? nil : ScriptOutput(status: 127, err: "sh: not found\n")
            }
            throw TransportError(
                .unreachable, peer: "root@10.0.1.2:22", message: "no answer in 15 s", remedy: "start it")
        }
        #expect(found.map(\.verdict) == [.noGuardian, .unreachable])
    }
}
