// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubePlan

/// Hosts leave a cluster, in an order that costs it nothing.
@Suite struct RemovalPlanTests {
    let spec: ClusterSpec

    init() throws {
        spec = try SampleCluster.spec(
            masters: ["10.0.0.1", "10.0.0.2", "10.0.0.3"], nodes: ["10.0.0.4", "10.0.0.5"], kubernetes: "v1.20.2")
    }

    private var members: [EtcdMember] { members(dead: []) }

    private func members(dead: Set<String>) -> [EtcdMember] {
        spec.masters.enumerated().map { index, host in
            EtcdMember(
                id: UInt64(0xa0 + index), name: "master\(index + 1)", peerURLs: ["https://\(host.address):2380"],
                clientURLs: ["https://\(host.address):2379"], isLearner: false,
                isHealthy: !dead.contains(host.id.description), isLeader: index == 0)
        }
    }

    private func facts(down: Set<String> = []) -> [HostID: Facts] {
        let present = spec.hosts.filter { !down.contains($0.id.description) }
        return Dictionary(
            uniqueKeysWithValues: present.map { host in
                var facts = Facts.fresh(for: host)
                facts.hasKubeletConfig = true
                facts.hasTraces = true
                facts.clusterCADigest = "aa"
                facts.serves = host.role == .master
                facts.clusterStatus = "apiEndpoints:\n  master1:\n    advertiseAddress: 10.0.0.1\n  master2: {}\n"
                return (host.id, facts)
            })
    }

    private func removal(
        _ hosts: [String], dead: Set<String> = [], isForced: Bool = false, isWhole: Bool = false
    ) -> Removal {
        Removal(
            isWhole: isWhole, leaving: spec.hosts.map(\.id).filter { hosts.contains($0.description) },
            dead: Set(dead.map { HostID($0) }), members: members(dead: dead), isForced: isForced, backup: "backup-aa")
    }

    private func plan(_ removal: Removal, down: Set<String> = []) throws -> Plan {
        try Planner(PlanInput(spec: spec, facts: facts(down: down), bundle: nil, parallel: 16)).removal(removal)
    }

    private func problems(_ removal: Removal, _ facts: [HostID: Facts]? = nil) -> [String] {
        RemovalPreflight(spec: spec, facts: facts ?? self.facts(), removal: removal).problems.map(\.description)
    }

    private func script(_ plan: Plan, _ step: String) throws -> String {
        let step = try #require(plan.phases.flatMap(\.lanes).flatMap(\.steps).first { $0.id == step })
        switch step.action {
        case .run(let script), .job(let script): return script.text
        default: throw Unexpected()
        }
    }

    private struct Unexpected: Error {}

    @Test func `a master leaves the workers' lists before etcd, and etcd before its host is touched`() throws {
        let phases = try plan(removal(["10.0.0.1"])).phases.map(\.id)
        #expect(phases == ["drain", "lists", "etcd", "clean", "leave", "settle", "record", "verify"])
    }

    @Test func `the first master is like any other: another one leads`() throws {
        let plan = try plan(removal(["10.0.0.1"]))
        let onFirst = plan.phases.filter { $0.lanes.contains { $0.host == HostID("10.0.0.1") } }
        #expect(onFirst.map(\.id) == ["clean"])
        let list = RenderedFiles(plan).files.first { $0.path == "/etc/hakube/guardian.json" }
        #expect(list?.text.contains("10.0.0.1:") == false)
        #expect(list?.text.contains("10.0.0.3:6443") == true)
    }

    @Test func `a leader hands over before it is removed by its own id`() throws {
        let text = try script(plan(removal(["10.0.0.1"])), "etcd-member 10.0.0.1")
        let lines = text.split(separator: "\n").filter { $0.hasPrefix("etcd ") }
        #expect(lines.count == 2)
        #expect(lines[0].contains("https://10.0.0.1:2379 move-leader a1"))
        #expect(lines[1].contains("member remove a0"))
    }

    @Test func `a dead host gets no step, and its pods are not waited for`() throws {
        let plan = try plan(removal(["10.0.0.2"], dead: ["10.0.0.2"]), down: ["10.0.0.2"])
        #expect(!plan.phases.flatMap(\.lanes).contains { $0.host == HostID("10.0.0.2") })
        #expect(try script(plan, "cordon 10.0.0.2").contains("cordon master2"))
        #expect(try script(plan, "etcd-member 10.0.0.2").contains("member remove a1"))
        #expect(try script(plan, "node 10.0.0.2").contains("delete node master2"))
    }

    @Test func `a worker leaves without a word to etcd or the other workers`() throws {
        let plan = try plan(removal(["10.0.0.5"]))
        #expect(plan.phases.map(\.id) == ["drain", "clean", "leave", "record", "verify"])
        let record = try #require(plan.phases.first { $0.id == "record" }?.lanes.first?.steps.first)
        guard case .write(let file) = record.action else { throw Unexpected() }
        #expect(!file.text.contains("10.0.0.5") && file.text.contains("10.0.0.4"))
    }

    @Test func `kubeadm's own list of API servers loses the master, where the release keeps one`() throws {
        let text = try script(plan(removal(["10.0.0.2"])), "cluster-status")
        #expect(text.contains("master1") && !text.contains("master2"))
    }

    @Test func `the end of a cluster keeps its keys and its data first, and clears workers before masters`() throws {
        let plan = try plan(removal(spec.hosts.map(\.id.description), isWhole: true))
        #expect(plan.phases.map(\.id) == ["backup", "clean-nodes", "clean-masters"])
        let kept = plan.phases[0].lanes[0].steps.compactMap { step -> String? in
            if case .keep(_, let name) = step.action { name } else { nil }
        }
        #expect(kept == ["backup-aa/pki.tar", "backup-aa/etcd.db"])
    }

    @Test func `with one of three masters dead a healthy one may not go, and the sentence says why`() {
        var removal = removal(["10.0.0.1"])
        removal = Removal(isWhole: false, leaving: removal.leaving, members: members(dead: ["10.0.0.2"]))
        let found = problems(removal, facts(down: ["10.0.0.2"]))
        #expect(found.count == 1)
        #expect(found[0].contains("etcd has 3 members, of which 2 are healthy"), "\(found)")
        #expect(found[0].contains("bring 10.0.0.2 back, or remove it first"))
        let forced = Removal(
            isWhole: false, leaving: removal.leaving, members: removal.members, isForced: true)
        #expect(problems(forced, facts(down: ["10.0.0.2"])).isEmpty)
    }

    @Test func `the dead one itself may go`() {
        #expect(problems(removal(["10.0.0.2"], dead: ["10.0.0.2"]), facts(down: ["10.0.0.2"])).isEmpty)
    }

    @Test func `the last master does not leave, it ends the cluster`() {
        let found = problems(removal(["10.0.0.1", "10.0.0.2", "10.0.0.3"]))
        #expect(found.count == 1 && found[0].contains("hakube clean --all"))
    }

    @Test func `a host that went to another cluster is not cleared`() {
        var facts = facts()
        facts[HostID("10.0.0.5")]?.clusterCADigest = "bb"
        let found = problems(removal(["10.0.0.5"]), facts)
        #expect(found.count == 1 && found[0].contains("belongs to another cluster"))
        #expect(problems(removal(spec.hosts.map(\.id.description), isWhole: true), facts).count == 1)
    }

    @Test func `without a remaining master that answers nothing leaves in order`() {
        var facts = facts()
        for master in spec.masters { facts[master.id]?.serves = false }
        #expect(problems(removal(["10.0.0.5"]), facts)[0].contains("none of the masters that remain answers"))
    }
}
