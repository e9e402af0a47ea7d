// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubePlan

/// An endpoint that differs from the one of the cluster that stands.
extension EndpointStrategyTests {
    /// What init says of an endpoint that the inventory wants while another one stands.
    private func refusals(_ wanted: Endpoint, standing: Endpoint) throws -> [String] {
        let standing = try input(standing, standing: true)
        var facts = standing.facts
        for host in standing.spec.masters {
            facts[host.id]?.record = ClusterRecord(spec: standing.spec)
            facts[host.id]?.clusterConfiguration = "controlPlaneEndpoint: \(standing.spec.endpoint.authority)\n"
        }
        let spec = standing.spec.with(endpoint: wanted)
        return Preflight(spec: spec, facts: facts, bundle: nil).findings.map(\.problem.description)
            .filter { $0.contains("the cluster that stands") }
    }

    @Test func `init does not alter how an address moves in a cluster that stands`() throws {
        let address = try #require(IPAddress("10.0.0.100"))
        func moving(_ last: Int, _ number: Int? = nil, _ interface: String? = nil) throws -> Endpoint {
            let address = try #require(IPAddress("10.0.0.\(last)"))
            return Endpoint(
                strategy: .keepalived(FloatingAddress(address: address, interface: interface, virtualRouterID: number)))
        }
        let standing = try moving(100, 51)
        #expect(try refusals(standing, standing: standing).isEmpty)
        let detour = "or go by way of 'hakube endpoint set guardian', and from there to the new one"
        #expect(
            try refusals(moving(101, 51), standing: standing) == [
                "10.0.0.1: the VIP of the cluster that stands is 10.0.0.100, not 10.0.0.101; use --vip 10.0.0.100, \(detour)"
            ])
        #expect(
            try refusals(moving(100, 52), standing: standing) == [
                "10.0.0.1: the virtual router ID of the cluster that stands is 51, not 52; write virtualRouterID: 51, \(detour)"
            ])
        #expect(
            try refusals(moving(100, 51, "eth1"), standing: standing) == [
                "10.0.0.1: the interface of the VIP of the cluster that stands is that of each host's address, not eth1; take "
                    + "`interface` out of the inventory, or change it with 'hakube endpoint set keepalived --interface eth1'"
            ])
        #expect(
            try refusals(standing, standing: moving(100, 51, "eth1")) == [
                "10.0.0.1: the interface of the VIP of the cluster that stands is eth1, not left to each host; write interface: eth1"
            ])
        let peer = Announcement.BGP.Peer(address: try #require(IPAddress("10.0.0.254")), autonomousSystem: 65000)
        let routes = Announcement.bgp(Announcement.BGP(autonomousSystem: 65001, peers: [peer]))
        func leading(_ announcement: Announcement) -> Endpoint {
            Endpoint(strategy: .kubeVIP(FloatingAddress(address: address), announcement))
        }
        #expect(try refusals(leading(routes), standing: leading(routes)).isEmpty)
        #expect(
            try refusals(leading(.arp), standing: leading(routes)) == [
                "10.0.0.1: `bgp` is not what the cluster that stands was made with; write what it was made with, \(detour)"
            ])
    }

    @Test func `init alters no strategy of a cluster that stands`() throws {
        #expect(try refusals(Self.endpoints[0], standing: Self.endpoints[0]).isEmpty)
        #expect(
            try refusals(Self.endpoints[1], standing: Self.endpoints[0]) == [
                "10.0.0.1: the endpoint strategy of the cluster that stands is keepalived, not kube-vip; "
                    + "use --strategy keepalived, or change over with 'hakube endpoint set kube-vip'"
            ])
    }
}
