// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubePlan

/// A master leaves a cluster whose address moves between masters.
struct EndpointRemovalTests {
    private func plan(_ endpoint: Endpoint) throws -> Plan {
        let spec = try SampleCluster.spec(
            masters: ["10.0.0.1", "10.0.0.2", "10.0.0.3"], nodes: ["10.0.0.4"], endpoint: endpoint)
        var facts = Dictionary(uniqueKeysWithValues: spec.hosts.map { ($0.id, Facts.fresh(for: $0)) })
        for host in spec.hosts {
            facts[host.id]?.hasKubeletConfig = true
            facts[host.id]?.serves = host.role == .master
        }
        // As `clean` plans: no bundle is at hand.
        let input = PlanInput(spec: spec, facts: facts, bundle: nil, parallel: 4)
        return try Planner(input).removal(Removal(isWhole: false, leaving: [HostID("10.0.0.1")]))
    }

    @Test(arguments: EndpointStrategyTests.endpoints.prefix(3))
    func `it lets the address go before the others forget it`(_ endpoint: Endpoint) throws {
        let phases = try plan(endpoint).phases
        let ids = phases.map(\.id)
        let (address, lists) = (try #require(ids.firstIndex(of: "address")), try #require(ids.firstIndex(of: "lists")))
        #expect(address < lists)
        #expect(phases[address].lanes.map(\.host) == [HostID("10.0.0.1")])
        #expect(phases[address].lanes[0].steps.map(\.id) == ["keepalived-gone", "kube-vip-gone"])
    }

    @Test(arguments: EndpointStrategyTests.endpoints.prefix(3))
    func `the pods of those who stay keep their images`(_ endpoint: Endpoint) throws {
        let written = RenderedFiles(try plan(endpoint)).files.filter { $0.path.hasPrefix(HostPath.manifests) }
        #expect(written.isEmpty, "\(written.map(\.path))")
    }

    @Test func `where none moves, nobody lets one go`() throws {
        #expect(try !plan(EndpointStrategyTests.endpoints[3]).phases.contains { $0.id == "address" })
    }
}
