// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubePlan

/// The planner decides from facts alone.
@Suite struct PlannerTests {
    let spec: ClusterSpec

    init() throws {
        spec = try SampleCluster.spec(
            masters: ["10.0.0.1", "10.0.0.2", "10.0.0.3"], nodes: ["10.0.0.4", "10.0.0.5"], kubernetes: "v1.20.2")
    }

    private func plan(_ change: (inout [HostID: Facts]) -> Void = { _ in }) throws -> Plan {
        var facts = PlanInput.assumingFresh(spec, bundle: nil, parallel: 16).facts
        change(&facts)
        return try Planner(PlanInput(spec: spec, facts: facts, bundle: nil, parallel: 16)).initialisation()
    }

    private func steps(_ plan: Plan, _ phase: String, _ host: String) -> [Step] {
        plan.phases.first { $0.id == phase }?.lanes.first { $0.host.description == host }?.steps ?? []
    }

    private func serve(_ host: String, in facts: inout [HostID: Facts]) {
        facts[HostID(host)]?.serves = true
        facts[HostID(host)]?.hasKubeletConfig = true
        facts[HostID(host)]?.staticPods = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"]
    }

    @Test func `the same input gives the same plan, byte for byte`() throws {
        #expect(try plan().json() == plan().json())
        #expect(try plan().text == plan().text)
    }

    @Test func `a new cluster begins on the first master and only etcd joins take turns`() throws {
        let plan = try plan()
        #expect(
            plan.phases.map(\.id) == [
                "receipt", "push", "prepare", "first-master", "join", "settle", "record", "verify",
            ])
        #expect(steps(plan, "first-master", "10.0.0.1").map(\.id).contains("kubeadm-init"))
        let turns = plan.phases.flatMap(\.lanes).flatMap { lane in
            lane.steps.filter { $0.turn != nil }.map { "\(lane.host) \($0.id)" }
        }
        #expect(turns == ["10.0.0.2 etcd", "10.0.0.3 etcd"])
    }

    @Test func `a joining master points the name at the lead, and at itself once its own server answers`() throws {
        let ids = steps(try plan(), "join", "10.0.0.2").map(\.id)
        #expect(ids.first == "hosts-join")
        let own = try #require(ids.firstIndex(of: "own-api-server"))
        #expect(ids[own + 1] == "hosts")
    }

    @Test func `any master that serves leads, not the first`() throws {
        let plan = try plan { serve("10.0.0.3", in: &$0) }
        #expect(steps(plan, "first-master", "10.0.0.1").isEmpty)
        #expect(steps(plan, "first-master", "10.0.0.3").map(\.id).contains("credentials"))
        #expect(steps(plan, "join", "10.0.0.1").map(\.id).contains("etcd"))
    }

    @Test func `a half-made first master does not lead`() throws {
        let plan = try plan {
            serve("10.0.0.2", in: &$0)
            $0[HostID("10.0.0.2")]?.unfinished = "init"
        }
        #expect(steps(plan, "first-master", "10.0.0.1").map(\.id).contains("kubeadm-init"))
    }

    @Test func `a worker whose join was cut off after its work joins no second time`() throws {
        let plan = try plan { facts in
            serve("10.0.0.1", in: &facts)
            facts[HostID("10.0.0.4")]?.hasKubeletConfig = true
            facts[HostID("10.0.0.4")]?.unfinished = "join"
        }
        let ids = steps(plan, "join", "10.0.0.4").map(\.id)
        #expect(ids.contains("kubeadm-join") && !ids.contains("guardian-once"))
        let end = try #require(steps(plan, "join", "10.0.0.4").first { $0.id == "kubeadm-join" })
        guard case .run(let script) = end.action else { throw Unexpected() }
        #expect(!script.text.contains("kubeadm"))
    }

    private struct Unexpected: Error {}

    @Test func `only a half-made init is reset by init, only a half-made join by join`() throws {
        func script(_ phase: String, _ host: String, _ step: String) throws -> String {
            let step = try #require(steps(try plan(), phase, host).first { $0.id == step })
            guard case .job(let script) = step.action else { throw Unexpected() }
            return script.text
        }
        #expect(try script("first-master", "10.0.0.1", "kubeadm-init").contains("! grep -qx join"))
        #expect(try script("join", "10.0.0.2", "prepare-master").contains("! grep -qx init"))
        #expect(try script("join", "10.0.0.4", "kubeadm-join").contains("! grep -qx init"))
    }

    @Test func `where all have joined no credentials are made and no name moves`() throws {
        let plan = try plan { facts in
            for host in spec.masters { serve(host.id.description, in: &facts) }
            for host in spec.nodes { facts[host.id]?.hasKubeletConfig = true }
        }
        let all = plan.phases.flatMap(\.lanes).flatMap(\.steps)
        #expect(!all.contains { $0.id == "credentials" || $0.id == "hosts-join" || $0.id == "kubeadm-join" })
        #expect(all.filter { $0.id == "hosts" }.count == 5)
    }

    @Test func `every master ends pointing at itself and every worker at the VIP`() throws {
        let files = RenderedFiles(try plan()).files.filter { $0.path == "/etc/hosts" }
        let expected = spec.hosts.map { host in
            let address = spec.endpoint.meaning(on: host)?.description ?? ""
            return "\(host.id): # hakube begin sample\n\(address) apiserver.cluster.local\n# hakube end sample\n"
        }
        #expect(files.map { "\($0.host): \($0.text)" } == expected.sorted())
    }

    @Test func `a host that may not lower oom_score_adj gets the runtime that does not try`() throws {
        let files = RenderedFiles(try plan { $0[HostID("10.0.0.4")]?.canLowerOOMScore = false }).files
        let restricted = files.filter { $0.text.contains("restrict_oom_score_adj = true") }
        #expect(restricted.map(\.host) == [HostID("10.0.0.4")])
    }

    @Test func `no runtime secret shows in the plan as JSON or text`() throws {
        let json = String(decoding: try plan().json(), as: UTF8.self)
        #expect(!json.contains("<<hakube:"))
        #expect(json.contains("[redacted: bootstrap-token]"))
    }

    @Test(arguments: ["v1.20.2", "v1.34.2"])
    func `the plan reads as it did`(version: String) throws {
        let spec = try SampleCluster.spec(
            masters: ["10.0.0.1", "10.0.0.2", "10.0.0.3"], nodes: ["10.0.0.4", "10.0.0.5"], kubernetes: version,
            labels: ["zone": "a"])
        let plan = try Planner(.assumingFresh(spec, bundle: nil, parallel: 16)).initialisation()
        let golden = GoldenFolder("plan")
        try golden.expect(plan.text, is: "\(version).txt")
        try golden.expect(String(decoding: plan.json(), as: UTF8.self), is: "\(version).json")
    }
}
