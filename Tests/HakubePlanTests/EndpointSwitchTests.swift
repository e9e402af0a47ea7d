// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeTestSupport
import Testing

@testable import HakubeModel

/// What `hakube endpoint set` makes of a cluster that stands.
struct EndpointSwitchTests {
    private static let floating = "10.0.0.100"

    private func cluster(
        _ strategy: (FloatingAddress) -> Endpoint.Strategy, interface: String? = nil, router: Int? = nil
    ) throws -> ClusterSpec {
        let address = FloatingAddress(
            address: try #require(IPAddress(Self.floating)), interface: interface, virtualRouterID: router)
        return try SampleCluster.spec(
            masters: ["10.0.0.1", "10.0.0.2", "10.0.0.3"],
            endpoint: Endpoint(name: "apiserver.cluster.local", port: 6443, strategy: strategy(address)))
    }

    private func wish(_ strategy: String, vip: String? = nil) -> EndpointSwitch.Wish {
        var wish = EndpointSwitch.Wish(strategy: strategy)
        wish.vip = vip
        return wish
    }

    private func problems(_ standing: ClusterSpec, _ wish: EndpointSwitch.Wish) -> [String] {
        do throws(InventoryError) {
            _ = try EndpointSwitch(of: standing, to: wish)
            return []
        } catch {
            return error.problems.map(\.place)
        }
    }

    @Test func `interface and router ID stay as they are unless they are asked for`() throws {
        let standing = try cluster({ .keepalived($0) }, interface: "bond0", router: 77)
        for strategy in ["keepalived", "haproxy-keepalived"] {
            let made = try EndpointSwitch(of: standing, to: wish(strategy, vip: Self.floating)).spec.endpoint.floating
            #expect(made?.interface == "bond0" && made?.virtualRouterID == 77, "\(strategy)")
        }
        #expect(try EndpointSwitch(of: standing, to: wish("keepalived")).spec.endpoint == standing.endpoint)
    }

    @Test func `kube-vip goes on to announce as it did`() throws {
        let peer = Announcement.BGP.Peer(address: try #require(IPAddress("10.0.0.254")), autonomousSystem: 65000)
        let routing = Announcement.BGP(autonomousSystem: 65001, peers: [peer])
        let standing = try cluster({ .kubeVIP($0, .bgp(routing)) })
        let made = try EndpointSwitch(of: standing, to: wish("kube-vip")).spec.endpoint
        #expect(made == standing.endpoint)
    }

    @Test func `routers are named for kube-vip, and do not change under it`() throws {
        var routed = wish("kube-vip", vip: "10.0.0.101")
        routed.autonomousSystem = "65001"
        routed.peers = ["10.0.0.254=65000", "10.0.0.253=65000"]
        let guarded = try SampleCluster.spec(masters: ["10.0.0.1", "10.0.0.2", "10.0.0.3"])
        guard case .kubeVIP(_, .bgp(let routing)) = try EndpointSwitch(of: guarded, to: routed).spec.endpoint.strategy
        else {
            Issue.record("no routes are announced")
            return
        }
        #expect(routing.autonomousSystem == 65001 && routing.peers.map(\.description) == routed.peers)
        routed.vip = Self.floating
        #expect(problems(try cluster({ .kubeVIP($0, .arp) }), routed) == ["--bgp-as"])
        #expect(try EndpointSwitch(of: cluster({ .kubeVIP($0, .bgp(routing)) }), to: routed).spec.endpoint.vip != nil)
        routed.peers = []
        #expect(problems(guarded, routed) == ["--bgp-as"])
        routed.strategy = "keepalived"
        #expect(problems(guarded, routed).contains("--bgp-as"))
    }

    @Test func `an address does not change under the program that moves it`() throws {
        let kept = try cluster({ .keepalived($0) }, router: 77)
        #expect(problems(kept, wish("keepalived", vip: "10.0.0.101")) == ["--vip"])
        #expect(problems(kept, wish("haproxy-keepalived", vip: "10.0.0.101")) == ["--vip"])
        var other = wish("keepalived")
        other.virtualRouterID = "78"
        #expect(problems(kept, other) == ["--virtual-router-id"])
        #expect(problems(try cluster({ .kubeVIP($0, .arp) }), wish("kube-vip", vip: "10.0.0.101")) == ["--vip"])
    }

    @Test func `another program wants another address, and may have it`() throws {
        let kept = try cluster({ .keepalived($0) })
        #expect(problems(kept, wish("kube-vip", vip: Self.floating)) == ["--vip"])
        #expect(problems(kept, wish("kube-vip", vip: "10.0.0.101")).isEmpty)
        #expect(problems(kept, wish("guardian")).isEmpty)
    }
}
