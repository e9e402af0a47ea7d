// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubePlan

/// An external endpoint's name in a cluster that stands, where DNS leads to the masters themselves.
struct ExternalNameTests {
    private let masters = ["10.0.0.1", "10.0.0.2", "10.0.0.3"]

    private func spec(_ endpoint: Endpoint? = nil) throws -> ClusterSpec {
        try SampleCluster.spec(
            masters: masters, nodes: ["10.0.0.4"],
            endpoint: endpoint ?? Endpoint(name: "api.example.com", strategy: .external))
    }

    private func facts(_ spec: ClusterSpec, name: [String], dead: String? = nil) -> [HostID: Facts] {
        var facts = Dictionary(uniqueKeysWithValues: spec.hosts.map { ($0.id, Facts.fresh(for: $0)) })
        for host in spec.hosts { facts[host.id]?.endpointAddresses = name.compactMap(IPAddress.init) }
        for host in spec.masters {
            facts[host.id]?.hasKubeletConfig = true
            facts[host.id]?.serves = host.id.description != dead
        }
        return facts
    }

    private func joining(_ name: [String], dead: String? = nil) throws -> [String] {
        let spec = try spec()
        return Preflight(
            spec: spec, facts: facts(spec, name: name, dead: dead), bundle: nil, newcomers: [HostID("10.0.0.4")]
        ).findings.map(\.problem.message).filter { $0.contains("api.example.com") }
    }

    @Test func `a host that joins is told once that DNS has no health check`() throws {
        let whole = "api.example.com means the masters themselves by DNS, which goes on to name one that is down"
        #expect(try joining(masters) == [whole])
        #expect(try joining(["10.0.0.1"]) == ["api.example.com means 10.0.0.1 and not the other masters"])
    }

    @Test func `a host that joins is told that the endpoint is one master's address, unless that is the only one`()
        throws
    {
        func joining(_ masters: [String]) throws -> [String] {
            let spec = try SampleCluster.spec(
                masters: masters, nodes: ["10.0.0.4"], endpoint: Endpoint(name: "10.0.0.1", strategy: .external))
            return Preflight(
                spec: spec, facts: facts(spec, name: ["10.0.0.1"]), bundle: nil, newcomers: [HostID("10.0.0.4")]
            ).findings.filter { $0.severity == .warning }.map(\.problem.description).filter { $0.contains("endpoint") }
        }
        #expect(
            try joining(masters).map { $0.prefix(75) } == [
                "10.0.0.4: the endpoint 10.0.0.1 is the address of one of 3 masters, and ends with that host".prefix(75)
            ])
        #expect(try joining(["10.0.0.1"]).isEmpty)
    }

    @Test func `nobody joins by a name that leads to a dead master as well`() throws {
        let found = try joining(masters, dead: "10.0.0.2")
        #expect(found == ["api.example.com means also 10.0.0.2, whose API server does not answer"])
        #expect(try joining(["10.0.0.1", "10.0.0.3"], dead: "10.0.0.2").allSatisfy { !$0.contains("also") })
    }

    private func leaving(_ name: [String], isForced: Bool = false) throws -> [String] {
        let spec = try spec()
        let removal = Removal(
            isWhole: false, leaving: [HostID("10.0.0.3")], dead: [],
            members: masters.enumerated().map {
                EtcdPlanTests.member($1, name: "master\($0 + 1)", healthy: true, leads: $0 == 0, id: UInt64($0 + 1))
            }, isForced: isForced, backup: "backup-aa")
        return RemovalPreflight(spec: spec, facts: facts(spec, name: name), removal: removal).problems.map(\.message)
            .filter { $0.contains("api.example.com") }
    }

    @Test func `a master leaves after its record, or by force`() throws {
        #expect(
            try leaving(masters) == ["the endpoint's name api.example.com means this master, which is to leave"])
        #expect(try leaving(["10.0.0.1", "10.0.0.2"]).isEmpty && leaving(["10.9.9.9"]).isEmpty)
        #expect(try leaving(masters, isForced: true).isEmpty)
    }

    @Test func `a switch finds who has the address, the port or the name already`() throws {
        let address = FloatingAddress(address: try #require(IPAddress("10.0.0.100")))
        let spec = try spec(Endpoint(port: 8443, serverPort: 6443, strategy: .haproxyKeepalived(address)))
        let empty = BundleContents(
            manifest: BundleManifest(kubernetes: "v1.34.2", arches: [.amd64], files: [], images: []), id: "x",
            podNetwork: nil)
        func found(_ change: (inout [HostID: Facts]) -> Void) -> [String] {
            var facts = facts(spec, name: [])
            change(&facts)
            return SwitchPreflight(spec: spec, facts: facts, bundle: empty).findings.map(\.problem.message)
        }
        let vip = "something answers at the VIP 10.0.0.100 already"
        let master = HostID("10.0.0.1")
        let free = found { _ in }
        #expect(!free.contains(vip))
        // Also where something of ours moves another address now.
        let stranger = found {
            $0[master]?.vipAnswers = true
            $0[master]?.staticPods = ["kube-vip"]
        }
        #expect(stranger.contains(vip))
        let ours = found {
            $0[master]?.vipAnswers = true
            $0[HostID("10.0.0.2")]?.addresses.append(address.address)
        }
        #expect(!ours.contains(vip))
        let port = "port 8443 is taken"
        let taken = found { $0[master]?.listeningPorts = [8443] }
        #expect(taken.contains(port))
        let own = found {
            $0[master]?.listeningPorts = [8443]
            $0[master]?.staticPods = ["haproxy"]
        }
        #expect(!own.contains(port))
        let line = found { $0[master]?.hosts = "10.0.0.11 apiserver.cluster.local\n" }
        #expect(line.contains { $0.hasPrefix("/etc/hosts has a line of its own for apiserver.cluster.local") })
    }
}
