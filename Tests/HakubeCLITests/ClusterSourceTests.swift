// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel
import HakubeTestSupport
import HakubeTransport
import Synchronization
import Testing

@testable import HakubeCLI

struct ClusterSourceTests {
    private let fixture: ClusterSourceFixture
    private typealias Fixture = ClusterSourceFixture

    init() throws { fixture = try ClusterSourceFixture() }

    @Test func `a master's address is enough, and what it says is cached for the owner's eyes only`() async throws {
        let record = try Fixture.record()
        let standing = try await fixture.standing(["--from", "ops@10.0.0.2:2222", "--key", "/k"]) { _, script in
            script.text == FakeHosts.connecting ? nil : try Fixture.serving(record)
        }
        #expect(standing.origin == .cluster(HostID("10.0.0.2")))
        #expect(standing.spec.name == "sample")
        // The login of the address counts for the host itself; its name is tried where the record has none.
        #expect(standing.spec.masters.map(\.access.port) == [nil, 2222, nil])
        #expect(Set(standing.spec.hosts.map(\.access.user)) == ["ops"])
        #expect(try fixture.cached()?.hosts.map(\.access.keyPath) == ["/k", "/k", "/k", "/k"])
        let path = StateFolder(cluster: "sample", home: fixture.home).record.path()
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        #expect(fixture.warnings.withLock { $0 }.isEmpty)
    }

    @Test func `host keys of any cluster are known to --from, and the cluster's own file takes over`() async throws {
        try fixture.remember(Fixture.record("other"))
        let record = try Fixture.record()
        _ = try await fixture.standing(["--from", "10.0.0.1"]) { _, script in
            script.text == FakeHosts.connecting ? nil : try Fixture.serving(record)
        }
        let openings = fixture.openings.withLock { $0 }
        #expect(openings.map(\.knownHosts) == ["known_hosts", "sample/known_hosts"])
        #expect(openings.first?.others.contains("other/known_hosts") == true)
        #expect(openings.last?.others == ["known_hosts"])
    }

    @Test func `a name asks the masters again, and the cache follows the cluster`() async throws {
        try fixture.remember(Fixture.record(), keys: "/k")
        let grown = try Fixture.record(masters: ["10.0.0.2", "10.0.0.3", "10.0.0.4"])
        let standing = try await fixture.standing(["--cluster", "sample"]) { host, script in
            if host == Fixture.one { throw Fixture.unreachable }
            return script.text == FakeHosts.connecting ? nil : try Fixture.serving(grown)
        }
        #expect(standing.spec.masters.map(\.id.description) == ["10.0.0.2", "10.0.0.3", "10.0.0.4"])
        #expect(try fixture.cached()?.masters.map(\.access.keyPath) == ["/k", "/k", "/k"])
        #expect(try fixture.cached() == standing.spec)
    }

    @Test func `the only cluster need not be named`() async throws {
        let record = try Fixture.record()
        try fixture.remember(record)
        let standing = try await fixture.standing([]) { _, script in
            script.text == FakeHosts.connecting ? nil : try Fixture.serving(record)
        }
        #expect(standing.spec.name == "sample")
        try fixture.remember(Fixture.record("other"))
        #expect(
            await fixture.refusal([])?.text
                == "error: --cluster: this machine knows 2 clusters; name one of other, sample")
    }

    @Test func `a master that hangs is not waited for`() async throws {
        let record = try Fixture.record()
        try fixture.remember(record)
        let standing = try await fixture.standing([]) { host, script in
            if host == Fixture.one { for await _ in AsyncStream<Void>(unfolding: Fixture.silence) {} }
            return script.text == FakeHosts.connecting ? nil : try Fixture.serving(record)
        }
        #expect(standing.origin == .cluster(HostID("10.0.0.2")) || standing.origin == .cluster(HostID("10.0.0.3")))
    }

    @Test func `without a master that answers the cache serves, with a warning`() async throws {
        try fixture.remember(Fixture.record())
        let standing = try await fixture.standing([]) { _, _ in throw Fixture.unreachable }
        #expect(standing.origin == .cache)
        let warnings = fixture.warnings.withLock { $0 }
        #expect(
            warnings == [
                "no master of sample can be asked (root@10.0.0.9:22: no answer in 15 s); "
                    + "what this machine remembers of the cluster serves"
            ])
    }

    @Test func `a copy on a master serves while no API server answers`() async throws {
        let record = try Fixture.record()
        let text = Fixture.base64(try record.json())
        let standing = try await fixture.standing(["--from", "10.0.0.1"]) { _, script in
            script.text == FakeHosts.connecting
                ? nil : ScriptOutput(status: 0, out: "master yes\nfile \(text)\nend yes\n")
        }
        #expect(standing.spec == record.spec())
        #expect(fixture.warnings.withLock { $0.count } == 1)
    }

    @Test func `hosts that belong to another cluster now are not taken for the old one`() async throws {
        try fixture.remember(Fixture.record())
        let other = try Fixture.record("other")
        let refusal = await fixture.refusal(["--cluster", "sample"]) { _, script in
            script.text == FakeHosts.connecting ? nil : try Fixture.serving(other)
        }
        #expect(refusal?.family == .preflight)
        #expect(refusal?.text.contains("belonged to sample, and belongs to other now") == true)
        #expect(try fixture.cached()?.name == "sample")
    }

    @Test(arguments: [
        (
            "kubelet yes\nguardian \(Fixture.base64(#"{"real": ["10.0.0.1:6443", "[fd00::1]:6443"]}"#))\nend yes\n",
            "error: 10.0.0.1: this host is a worker, and workers do not know what their cluster is; "
                + "name a master: 10.0.0.1, fd00::1"
        ),
        (
            "master yes\napi yes\nsecret \nkubelet yes\nend yes\n",
            "error: 10.0.0.1: the cluster of this master has no record; make one: hakube adopt --from 10.0.0.1"
        ),
        (
            "master yes\nkubelet yes\nend yes\n",
            "error: 10.0.0.1: the API server of this master does not answer, and the host has no copy of the cluster's "
                + "record; name another master, or start this one's API server"
        ),
        (
            "etcd yes\nend yes\n",
            "error: 10.0.0.1: this host runs etcd, and does not know for which masters; name a master"
        ),
        (
            "end yes\n",
            "error: 10.0.0.1: this host belongs to no cluster: it has neither kubelet nor admin credentials; "
                + "name a master of the cluster"
        ),
    ])
    func `a host that knows no cluster says why`(_ said: String, _ sentence: String) async throws {
        let refusal = await fixture.refusal(["--from", "10.0.0.1"]) { _, script in
            script.text == FakeHosts.connecting ? nil : ScriptOutput(status: 0, out: said)
        }
        #expect(refusal?.text == sentence)
        #expect(refusal?.family == .preflight)
    }

    @Test(arguments: [
        (
            ["--cluster", "sample"],
            "error: --cluster: this machine knows no cluster sample; name any master of it: --from ADDRESS"
        ),
        ([], "error: --cluster: this machine knows no cluster yet; name any master of it: --from ADDRESS"),
        (
            ["--from", "10.0.0.1-3"],
            "error: --from: 10.0.0.1-3 is 3 hosts; name one master; the others are found through it"
        ),
    ])
    func `what cannot be meant is refused before any host is asked`(_ arguments: [String], _ sentence: String) async {
        let refusal = await fixture.refusal(arguments) { _, _ in
            Issue.record("a host was asked")
            return nil
        }
        #expect(refusal?.text == sentence)
        #expect(refusal?.family == .inventory)
    }
}
