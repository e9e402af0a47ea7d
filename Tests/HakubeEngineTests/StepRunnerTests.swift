// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
@testable import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTestSupport
import HakubeTransport
import Synchronization
import Testing

@Suite struct StepRunnerTests {
    typealias Fixture = PlanFixture

    private let one = PlanFixture.one

    private func step(_ action: Step.Action, readOnly: Bool = false) -> Step {
        Step(id: "s", title: "s", action: action, readOnly: readOnly)
    }

    @Test func `a step whose check succeeds is not done and counts as unchanged`() async throws {
        let fixture = try Fixture()
        let summary = try await fixture.run([Fixture.step("act", unless: "check")])
        #expect(summary.unchanged == 1 && summary.changed == 0)
        #expect(fixture.hosts.scripts(on: one) == ["check"])
    }

    @Test(arguments: [1, 127]) func `a check that says no, or nothing sensible, leads to the act`(status: Int)
        async throws
    {
        let fixture = try Fixture(rules: [
            { _, script in script.text == "check" ? ScriptOutput(status: status) : nil }
        ])
        let summary = try await fixture.run([Fixture.step("act", unless: "check")])
        #expect(summary.changed == 1)
        let remarks = fixture.events.filter { if case .output(_, "check", _) = $0 { true } else { false } }
        #expect(remarks.count == (status == 1 ? 0 : 1))
    }

    @Test func `what only looks is never counted as a change`() async throws {
        let fixture = try Fixture()
        #expect(try await fixture.run([Fixture.step("look", readOnly: true)]).changed == 0)
    }

    @Test func `a file is written once, and again when its text or mode was altered`() async throws {
        let fixture = try Fixture()
        let write = step(.write(RemoteFile(path: "/etc/a", mode: 0o600, text: "text\n")))
        #expect(try await fixture.run([write]).changed == 1)
        #expect(fixture.hosts[one, "/etc/a"] == FakeHosts.File("text\n", mode: 0o600))
        #expect(try await fixture.run([write]).unchanged == 1)
        fixture.hosts[one, "/etc/a"]?.mode = 0o644
        #expect(try await fixture.run([write]).changed == 1)
        fixture.hosts[one, "/etc/a"]?.text = "other"
        #expect(try await fixture.run([write]).changed == 1)
        #expect(fixture.hosts[one, "/etc/a"] == FakeHosts.File("text\n", mode: 0o600))
    }

    @Test func `a block leaves the other lines and the mode alone, and is written once`() async throws {
        let fixture = try Fixture()
        fixture.hosts[one, "/etc/hosts"] = FakeHosts.File("127.0.0.1 localhost\n", mode: 0o664)
        let block = step(.block(ManagedBlock(path: "/etc/hosts", name: "c", lines: ["10.0.0.1 api"])))
        #expect(try await fixture.run([block]).changed == 1)
        let after = FakeHosts.File(
            "127.0.0.1 localhost\n# hakube begin c\n10.0.0.1 api\n# hakube end c\n", mode: 0o664)
        #expect(fixture.hosts[one, "/etc/hosts"] == after)
        #expect(try await fixture.run([block]).unchanged == 1)
        #expect(fixture.hosts[one, "/etc/hosts"] == after)
    }

    @Test func `a block makes the file where there is none`() async throws {
        let fixture = try Fixture()
        _ = try await fixture.run([step(.block(ManagedBlock(path: "/etc/hosts", name: "c", lines: ["10.0.0.1 api"])))])
        #expect(fixture.hosts[one, "/etc/hosts"]?.mode == 0o644)
    }

    @Test func `a block without lines goes, and what stands around it stays`() async throws {
        let fixture = try Fixture()
        let before = "127.0.0.1 localhost\n# hakube begin c\n10.0.0.1 api\n# hakube end c\n10.0.0.9 other\n"
        fixture.hosts[one, "/etc/hosts"] = FakeHosts.File(before)
        let none = step(.block(ManagedBlock(path: "/etc/hosts", name: "c", lines: [])))
        #expect(try await fixture.run([none]).changed == 1)
        #expect(fixture.hosts[one, "/etc/hosts"]?.text == "127.0.0.1 localhost\n10.0.0.9 other\n")
        #expect(try await fixture.run([none]).unchanged == 1)
    }

    @Test func `a push streams what the role needs and tells how far it is`() async throws {
        let fixture = try Fixture()
        let roles = Mutex<[Role]>([])
        let summary = try await fixture.run([
            Fixture.phase([
                Lane(host: one, steps: [step(.push(role: .node, arch: .amd64, to: "/var/lib/hakube/stage/x"))])
            ])
        ]) { role, _ in
            roles.withLock { $0.append(role) }
            return MemoryShipment([("bin/a", Array("twelve bytes".utf8)), ("SHA256SUMS", Array("sums\n".utf8))])
        }
        #expect(summary.changed == 1)
        #expect(roles.withLock { $0 } == [.node])
        #expect(fixture.hosts.acts.contains(.stream(one, bytes: 12)))
        let told = fixture.events.compactMap { event in
            if case .progress(_, let done, let total) = event { [done, total] } else { nil }
        }
        #expect(told.last == [12, 12])
    }

    @Test func `a push that arrives damaged fails and says what to do`() async throws {
        let fixture = try Fixture(rules: [
            { _, script in
                guard script.text.contains("sha256sum -c") else { return nil }
                return ScriptOutput(status: 1, err: "sha256sum: WARNING: 1 computed checksum did NOT match\n")
            }
        ])
        let summary = try await fixture.run([step(.push(role: .node, arch: .amd64, to: "/var/lib/hakube/stage/x"))])
        let failure = try #require(summary.failures.first)
        #expect(failure.remedy.contains("the push is made anew"))
        #expect(failure.lastLines.count == 1)
    }

    @Test func `a fetched kubeconfig is private, names the server asked for, and is written once`() async throws {
        let fixture = try Fixture()
        fixture.hosts[one, "/etc/kubernetes/admin.conf"] = FakeHosts.File(
            "clusters:\n  server: https://api:6443\nend\n")
        let fetch = step(
            .fetch(path: "/etc/kubernetes/admin.conf", name: "kubeconfig", server: "https://10.0.0.1:6443"))
        #expect(try await fixture.run([fetch]).changed == 1)
        let file = fixture.folder.appending(path: "kubeconfig")
        #expect(try String(contentsOf: file, encoding: .utf8) == "clusters:\n  server: https://10.0.0.1:6443\nend\n")
        let attributes = try FileManager.default.attributesOfItem(atPath: file.path())
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try await fixture.run([fetch]).unchanged == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path()) == ["kubeconfig"])
    }

    @Test func `a file that is not there fails the step by name`() async throws {
        let fixture = try Fixture()
        let summary = try await fixture.run([step(.capture(path: "/no/such", as: .clusterCA))])
        #expect(summary.failures.first?.message == "/no/such is not there")
    }

    @Test func `a wait asks again until the answer is yes`() async throws {
        let asked = Mutex(0)
        let fixture = try Fixture(rules: [
            { _, script in
                guard script.text == "ready?" else { return nil }
                return ScriptOutput(
                    status: asked.withLock {
                        $0 += 1; return $0
                    } < 5 ? 1 : 0)
            }
        ])
        let wait = step(.await(Script("ready?"), deadline: .seconds(300)), readOnly: true)
        let summary = try await fixture.run([wait])
        #expect(summary.unchanged == 1)
        // 250 ms, 500 ms, then a second each.
        #expect(summary.elapsed == .milliseconds(2750))
    }

    @Test func `a wait ends at its deadline, and says what it heard last`() async throws {
        let fixture = try Fixture(rules: [
            { _, script in script.text == "ready?" ? ScriptOutput(status: 1, err: "connection refused\n") : nil }
        ])
        let wait = step(.await(Script("ready?"), deadline: .seconds(240)), readOnly: true)
        let summary = try await fixture.run([wait])
        let failure = try #require(summary.failures.first)
        #expect(failure.message == "still not so after 240 s")
        #expect(failure.lastLines == ["connection refused"])
        #expect(failure.remedy.contains("systemctl status"))
        #expect(summary.elapsed >= .seconds(240) && summary.elapsed <= .seconds(241))
    }

    @Test func `a question that hangs may use no more than the time that is left`() async throws {
        let timeouts = Mutex<[Duration]>([])
        let fixture = try Fixture(rules: [
            { host, script in
                guard script.text == "ready?" else { return nil }
                timeouts.withLock { $0.append(script.timeout) }
                throw TransportError(.timeout, peer: "\(host)", message: "ran longer than allowed", remedy: "look")
            }
        ])
        let wait = step(.await(Script("ready?", timeout: .seconds(60)), deadline: .seconds(2)), readOnly: true)
        let summary = try await fixture.run([wait])
        #expect(summary.failures.first?.message == "still not so after 2 s")
        #expect(timeouts.withLock { $0 }.allSatisfy { $0 <= .seconds(2) && $0 >= .seconds(1) })
    }
}
