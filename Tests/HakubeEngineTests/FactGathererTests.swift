// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTestSupport
import HakubeTransport
import Testing

@Suite struct FactGathererTests {
    @Test func `one host that cannot be asked hides no other`() async throws {
        let spec = try SampleCluster.spec(masters: ["10.0.0.1", "10.0.0.2", "10.0.0.3"])
        let hosts = FakeHosts(rules: [
            { host, script in
                switch (host.description, script.text) {
                case ("10.0.0.1", FakeHosts.connecting):
                    throw TransportError(.unreachable, peer: "10.0.0.1", message: "refused", remedy: "start sshd")
                case (_, FakeHosts.connecting): return nil
                case ("10.0.0.2", _): return ScriptOutput(status: 0, out: "clock 1\n")
                default: return ScriptOutput(status: 0, out: "clock 1\nhostname YQ==\nend yes\n")
                }
            }
        ])
        let pool = ConnectionPool(connector: hosts)
        let results = await FactGatherer(spec: spec).gather(spec.hosts, through: pool, atMost: 2)
        #expect(results.count == 3)
        #expect(throws: TransportError.self) { try results[HostID("10.0.0.1")]?.get() }
        #expect(throws: TransportError.self) { try results[HostID("10.0.0.2")]?.get() }
        #expect(try results[HostID("10.0.0.3")]?.get().hostname == "a")
    }

    @Test func `the pool closes every connection it opened`() async throws {
        let spec = try SampleCluster.spec(masters: ["10.0.0.1", "10.0.0.2"])
        let hosts = FakeHosts()
        let pool = ConnectionPool(connector: hosts)
        for host in spec.hosts + spec.hosts { _ = try await pool.connection(to: host) }
        await pool.close()
        #expect(hosts.closed.sorted() == spec.hosts.map(\.id))
    }

    @Test func `a failed connection is tried anew when it is asked for again`() async throws {
        let spec = try SampleCluster.spec(masters: ["10.0.0.1"])
        let hosts = FakeHosts(rules: [
            { _, _ in throw TransportError(.unreachable, peer: "", message: "", remedy: "") }
        ])
        let pool = ConnectionPool(connector: hosts)
        for _ in 0..<2 {
            await #expect(throws: TransportError.self) { try await pool.connection(to: spec.masters[0]) }
        }
        #expect(hosts.acts.count == 2)
    }
}
