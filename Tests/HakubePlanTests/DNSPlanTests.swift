// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubePlan

/// When the plan touches the cluster's DNS, and what it asks for.
@Suite struct DNSPlanTests {
    private func spec(_ dns: ClusterDNS?, version: String = "v1.34.2", masters: Int = 3) throws -> ClusterSpec {
        try SampleCluster.spec(
            masters: (1...masters).map { "10.0.0.\($0)" }, kubernetes: version, dns: dns)
    }

    private func plan(_ spec: ClusterSpec, former: ClusterSpec? = nil, newcomers: Set<HostID>? = nil) throws -> Plan {
        var facts = PlanInput.assumingFresh(spec, bundle: nil, parallel: 1).facts
        facts[spec.masters[0].id]?.serves = former != nil
        facts[spec.masters[0].id]?.record = former.map { ClusterRecord(spec: $0) }
        return try Planner(
            PlanInput(spec: spec, facts: facts, bundle: nil, parallel: 1, newcomers: newcomers)
        ).initialisation()
    }

    private func step(_ plan: Plan) -> Step? {
        plan.phases.first { $0.id == "settle" }?.lanes.first?.steps.first { $0.id == "dns" }
    }

    @Test func `kubeadm's DNS is left alone where nobody asks for another`() throws {
        let plan = try plan(spec(nil))
        #expect(step(plan) == nil && !plan.phases.contains { $0.id == "dns" })
        #expect(step(try self.plan(spec(nil), former: spec(nil))) == nil)
    }

    @Test func `servers are spread last, when every node is there`() throws {
        let plan = try plan(spec(ClusterDNS(replicas: .masters)))
        #expect(plan.phases.map(\.id).suffix(3) == ["record", "verify", "dns"])
        let lanes = try #require(plan.phases.last).lanes
        #expect(lanes.map(\.host.description) == ["10.0.0.1"])
        #expect(lanes.flatMap(\.steps).map(\.id) == ["dns-ready", "dns-spread"])
    }

    @Test func `as many servers as masters means another number when masters join`() throws {
        let wish = ClusterDNS(replicas: .masters, isOnMasters: true)
        #expect(step(try plan(spec(wish)))?.title == "3 DNS servers on masters")
        let grown = try plan(spec(wish, masters: 5), former: spec(wish), newcomers: [HostID("10.0.0.5")])
        #expect(step(grown)?.title == "5 DNS servers on masters")
        #expect(step(try plan(spec(ClusterDNS(replicas: .count(1)))))?.title == "1 DNS server")
        #expect(step(try plan(spec(ClusterDNS(isOnMasters: true))))?.title == "DNS servers on masters")
    }

    @Test func `what is no longer asked for becomes kubeadm's own again`() throws {
        let former = try spec(ClusterDNS(replicas: .count(5), isOnMasters: true))
        let gone = try plan(spec(nil), former: former)
        #expect(step(gone)?.title == "2 DNS servers")
        #expect(step(gone)?.text.contains("\"node-role.kubernetes.io/control-plane\":null") == true)
        #expect(!gone.phases.contains { $0.id == "dns" })
        let moved = step(try plan(spec(ClusterDNS(replicas: .count(5))), former: former))
        #expect(moved?.text.contains("\"node-role.kubernetes.io/control-plane\":null") == true)
        let kept = step(try plan(spec(ClusterDNS(replicas: .count(5))), former: spec(ClusterDNS(replicas: .count(4)))))
        #expect(kept?.text.contains("null") == false)
    }

    @Test(arguments: [("v1.19.16", "master"), ("v1.20.2", "control-plane"), ("v1.34.2", "control-plane")])
    func `masters are known by the label of the release`(version: String, role: String) throws {
        let step = try #require(step(try plan(spec(ClusterDNS(isOnMasters: true), version: version))))
        #expect(step.text.contains("\"nodeSelector\":{\"node-role.kubernetes.io/\(role)\":\"\"}"))
    }
}

extension Step {
    fileprivate var text: String {
        if case .run(let script) = action { script.text } else { "" }
    }
}
