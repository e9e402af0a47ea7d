// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
@testable import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTestSupport
import HakubeTransport
import Testing

/// Logins to registries: they reach the hosts' files, and nothing else.
@Suite struct RegistryLoginTests {
    typealias Fixture = PlanFixture

    private static let path = "/etc/containerd/certs.d/a.b/hosts.toml"
    /// puller:hunter2
    private static let header = "cHVsbGVyOmh1bnRlcjI="

    private func write(_ path: String = path) -> Step {
        Step(
            id: "write \(path)", title: "write \(path)",
            action: .write(
                RemoteFile(
                    path: path, mode: 0o600,
                    text: "[header]\n  Authorization = \"Basic \(RegistryLogin.marker(of: "a.b"))\"\n")))
    }

    private func registry(_ password: String) -> Registry {
        Registry(host: "a.b", login: RegistryLogin(username: "puller", password: Secret(password)))
    }

    @Test(arguments: [1, 3])
    func `the login is in the file, and in no event, log or journal, however steps travel`(steps: Int) async throws {
        let fixture = try Fixture(rules: [
            { _, script in
                // A host that says everything it hears.
                script.text.hasPrefix("say") ? ScriptOutput(status: 0, out: "hunter2 \(Self.header)\n") : nil
            }
        ])
        fixture.values.learn([registry("hunter2")])
        let paths = (1...steps).map { "\(Self.path)\($0)" }
        let log = try RunLog(folder: fixture.folder)
        let summary = try await fixture.run(paths.map(write) + [Fixture.step("say")])
        #expect(summary.failures.isEmpty)
        for path in paths {
            #expect(fixture.hosts[Fixture.one, path]?.text == "[header]\n  Authorization = \"Basic \(Self.header)\"\n")
            #expect(fixture.hosts[Fixture.one, path]?.mode == 0o600)
        }
        for event in fixture.events { log.write(event) }
        let journal = fixture.folder.appending(path: "journal.jsonl")
        let told =
            try [log.logFile, journal].map { try String(contentsOf: $0, encoding: .utf8) }.joined()
            + fixture.events.map { "\($0)" }.joined() + "\(summary)"
        #expect(told.contains("[redacted] [redacted]"))
        #expect(!told.contains("hunter2") && !told.contains(Self.header))
    }

    @Test(arguments: [1, 3])
    func `a file that has the login is unchanged, and one with an older password is written anew`(steps: Int)
        async throws
    {
        let paths = (1...steps).map { "\(Self.path)\($0)" }
        let fixture = try Fixture()
        fixture.values.learn([registry("hunter2")])
        #expect(try await fixture.run(paths.map(write)).changed == steps)
        #expect(try await fixture.run(paths.map(write)).changed == 0)
        fixture.values.learn([registry("hunter3")])
        #expect(try await fixture.run(paths.map(write)).changed == steps)
        #expect(try await fixture.run(paths.map(write)).changed == 0)
    }

    @Test func `what is asked about a file never has the login in it, only a digest`() async throws {
        let fixture = try Fixture()
        fixture.values.learn([registry("hunter2")])
        _ = try await fixture.run([write("/a"), write("/b")])
        let before = fixture.hosts.scripts(on: Fixture.one).count
        _ = try await fixture.run([write("/a"), write("/b")])
        let batches = fixture.hosts.scripts(on: Fixture.one).dropFirst(before)
        for script in batches {
            // The act stands behind the check and is not done; the check itself is what precedes it.
            let checks = script.components(separatedBy: "\n) #").filter { $0.contains("sha256sum <") }
            #expect(checks.allSatisfy { !$0.contains(Self.header) })
        }
    }

    @Test func `a login is read from one host for another, and blotted out from then on`() async throws {
        let fixture = try Fixture()
        fixture.hosts[Fixture.one, Self.path] = FakeHosts.File(
            "server = \"https://a.b\"\n\n[header]\n  Authorization = \"Basic \(Self.header)\"\n")
        let learn = Step(
            id: "learn", title: "learn", action: .learn(path: Self.path, registry: "a.b"), readOnly: true)
        let summary = try await fixture.run([
            Fixture.phase([Lane(host: Fixture.one, steps: [learn])], id: "learn"),
            Fixture.phase([Lane(host: Fixture.two, steps: [write()])], id: "write"),
        ])
        #expect(summary.failures.isEmpty)
        #expect(fixture.hosts[Fixture.two, Self.path]?.text.contains("Basic \(Self.header)\"") == true)
        #expect(fixture.values.redact("x \(Self.header)") == "x [redacted]")
        #expect(!fixture.events.map { "\($0)" }.joined().contains(Self.header))
    }

    @Test(arguments: ["server = \"https://a.b\"\n", nil])
    func `a host that has no login says what to do`(text: String?) async throws {
        let fixture = try Fixture()
        if let text { fixture.hosts[Fixture.one, Self.path] = FakeHosts.File(text) }
        let learn = Step(id: "learn", title: "learn", action: .learn(path: Self.path, registry: "a.b"), readOnly: true)
        let summary = try await fixture.run([learn])
        #expect(
            summary.failures.first?.message == "\(Self.path) holds no login to a.b, which new hosts need")
    }

    @Test func `a login that nobody has brought is a failure that names it, and writes nothing`() async throws {
        let fixture = try Fixture()
        let summary = try await fixture.run([write(), write("/b")])
        #expect(summary.failures.first?.message == "no step has brought the login to a.b yet, which this one needs")
        #expect(fixture.hosts.files(on: Fixture.one).isEmpty)
    }

    @Test func `a short secret within a longer one leaves nothing of it readable`() {
        let values = RuntimeValues()
        values.conceal(Secret("bGVy"))
        values.learn([registry("hunter2")])
        #expect(values.redact("a \(Self.header) b") == "a [redacted] b")
    }
}
