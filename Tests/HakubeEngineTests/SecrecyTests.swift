// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
@testable import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTestSupport
import HakubeTransport
import Testing

/// The values of a run: where they go, and where they must not show.
@Suite struct SecrecyTests {
    typealias Fixture = PlanFixture

    @Test func `a script gets the values, and what it prints of them is blotted out`() async throws {
        let fixture = try Fixture(rules: [
            { _, script in
                guard script.text.hasPrefix("join") else { return nil }
                return ScriptOutput(status: 1, out: "using \(script.text)\n", err: "failed: \(script.text)\n")
            }
        ])
        let token = RuntimeValue.bootstrapToken.marker
        let key = RuntimeValue.certificateKey.marker
        let summary = try await fixture.run([
            Step(id: "s", title: "s", action: .run(Script("join \(token) \(key)")))
        ])
        let sent = try #require(fixture.hosts.scripts(on: Fixture.one).first)
        #expect(sent.firstMatch(of: /join [a-z0-9]{6}\.[a-z0-9]{16} [0-9a-f]{64}$/) != nil)
        let secrets = sent.split(separator: " ").dropFirst().map(String.init)
        #expect(secrets.count == 2)
        let told = fixture.events.map { "\($0)" }.joined() + "\(summary)"
        #expect(secrets.allSatisfy { !told.contains($0) })
        #expect(
            summary.failures.first?.lastLines == [
                "using join [redacted] [redacted]", "failed: join [redacted] [redacted]",
            ])
    }

    @Test func `a password that a host prints is blotted out`() {
        let values = RuntimeValues()
        values.conceal(Secret("hunter2"))
        values.conceal(Secret(""))
        #expect(values.redact("sudo: hunter2 is wrong") == "sudo: [redacted] is wrong")
    }

    @Test func `what a step reads from a host serves the steps after it`() async throws {
        let fixture = try Fixture()
        fixture.hosts[Fixture.one, "/etc/kubernetes/pki/ca.crt"] = FakeHosts.File(CertificateAuthorityTests.elliptic)
        let summary = try await fixture.run([
            Step(
                id: "ca", title: "ca", action: .capture(path: "/etc/kubernetes/pki/ca.crt", as: .clusterCA),
                readOnly: true),
            Step(
                id: "file", title: "file",
                action: .write(
                    RemoteFile(
                        path: "/etc/d",
                        text: "\(RuntimeValue.clusterCA.marker) \(RuntimeValue.caCertHash.marker)\n"))),
        ])
        #expect(summary.changed == 1)
        let words = try #require(fixture.hosts[Fixture.one, "/etc/d"]?.text).split(separator: " ")
        #expect(words.first?.hasPrefix("LS0tLS1CRUdJTi") == true, "the certificate in base64")
        #expect(words.last?.count == 65, "64 hex digits and the end of the line")
    }

    @Test func `a key that a step reads goes on as it is, and none of its lines is told`() async throws {
        let lines = ["bm90IGEga2V5IGJ1dCBsb25nIGVub3VnaCB0byBiZSBvbmU", "YW5kIGEgc2Vjb25kIGxpbmU="]
        let key = (["-----BEGIN EC PRIVATE KEY-----"] + lines + ["-----END EC PRIVATE KEY-----"]).joined(
            separator: "\n")
        let fixture = try Fixture(rules: [
            { _, script in
                script.text == "look" ? ScriptOutput(status: 1, out: "read \(lines[0]) and\n\(lines[1])\n") : nil
            }
        ])
        fixture.hosts[Fixture.one, "/k"] = FakeHosts.File("\(key)\n")
        let summary = try await fixture.run([
            Step(id: "key", title: "key", action: .capture(path: "/k", as: .etcdCAKey), readOnly: true),
            Step(
                id: "file", title: "file",
                action: .write(RemoteFile(path: "/copy", mode: 0o600, text: "\(RuntimeValue.etcdCAKey.marker)\n"))),
            Step(id: "look", title: "look", action: .run(Script("look"))),
        ])
        #expect(fixture.hosts[Fixture.one, "/copy"]?.text == "\(key)\n")
        #expect(summary.failures.first?.lastLines == ["read [redacted] and", "[redacted]"])
        let told = fixture.events.map { "\($0)" }.joined() + "\(summary)"
        #expect(!told.contains(lines[0]) && !told.contains(lines[1]))
    }

    @Test func `a value that no step has brought is a failure that names it`() async throws {
        let fixture = try Fixture()
        let summary = try await fixture.run([
            Step(id: "s", title: "s", action: .run(Script("use \(RuntimeValue.clusterCA.marker)")))
        ])
        #expect(summary.failures.first?.message == "no step has brought the cluster-ca yet, which this one needs")
        #expect(fixture.hosts.scripts(on: Fixture.one).isEmpty)
    }

    @Test func `the token ends two hours after it was made`() throws {
        let values = RuntimeValues(now: Date(timeIntervalSince1970: 1_800_000_000))
        #expect(try values.resolve(RuntimeValue.tokenExpiry.marker) == "2027-01-15T10:00:00Z")
    }

    @Test func `the parts of the token fit the whole, and no run has another's`() throws {
        let values = RuntimeValues()
        let parts = try values.resolve(
            "\(RuntimeValue.bootstrapTokenID.marker).\(RuntimeValue.bootstrapTokenSecret.marker)")
        let token = try values.resolve(RuntimeValue.bootstrapToken.marker)
        #expect(parts == token)
        #expect(try RuntimeValues().resolve(RuntimeValue.bootstrapToken.marker) != token)
    }

    @Test func `a marker goes into a file with the value in it, never the other way round`() throws {
        let values = RuntimeValues()
        values.set(.clusterCA, to: "plain")
        #expect(try values.resolve("a\(RuntimeValue.clusterCA.marker)b") == "aplainb")
        #expect(try values.resolve("nothing here") == "nothing here")
    }
}
