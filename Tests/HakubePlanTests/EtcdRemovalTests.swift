// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubePlan

/// Hosts of etcd's own leave, and what is kept when all ends.
@Suite struct EtcdRemovalTests {
    let spec: ClusterSpec

    init() throws {
        spec = try SampleCluster.spec(
            masters: ["10.0.0.1", "10.0.0.2"], nodes: ["10.0.0.4"],
            etcd: SampleCluster.etcd(hosts: ["10.0.0.21", "10.0.0.22", "10.0.0.23"]))
    }

    private func members(dead: Set<String> = []) -> [EtcdMember] {
        spec.etcd.hosts.enumerated().map { index, host in
            EtcdPlanTests.member(
                host.id.description, name: host.name ?? "", healthy: !dead.contains(host.id.description),
                leads: index == 0, id: UInt64(0xa0 + index))
        }
    }

    private func facts(down: Set<String> = []) -> [HostID: Facts] {
        var facts = Dictionary(uniqueKeysWithValues: spec.hosts.map { ($0.id, Facts.fresh(for: $0)) })
        for host in spec.etcd.hosts { EtcdPlanTests.stand(host.id.description, in: &facts) }
        for host in spec.masters {
            EtcdPlanTests.serve(host.id.description, in: &facts)
            facts[host.id]?.clusterCADigest = "aa"
        }
        facts[HostID("10.0.0.4")]?.hasKubeletConfig = true
        facts[HostID("10.0.0.4")]?.hasTraces = true
        return facts.filter { !down.contains($0.key.description) }
    }

    private func removal(
        _ hosts: [String], dead: Set<String> = [], isWhole: Bool = false, isForced: Bool = false
    ) -> Removal {
        Removal(
            isWhole: isWhole, leaving: spec.hosts.map(\.id).filter { hosts.contains($0.description) },
            dead: Set(dead.map { HostID($0) }), members: members(dead: dead), isForced: isForced, backup: "backup-aa")
    }

    private func plan(_ removal: Removal, down: Set<String> = []) throws -> Plan {
        try Planner(PlanInput(spec: spec, facts: facts(down: down), bundle: nil, parallel: 16)).removal(removal)
    }

    private func problems(_ removal: Removal, down: Set<String> = []) -> [String] {
        RemovalPreflight(spec: spec, facts: facts(down: down), removal: removal).problems.map(\.description)
    }

    private func lanes(_ plan: Plan, _ phase: String) -> [Lane] { plan.phases.first { $0.id == phase }?.lanes ?? [] }

    @Test func `API servers forget a member before it leaves, and it leaves before its host is touched`() throws {
        let plan = try plan(removal(["10.0.0.21"]))
        #expect(plan.phases.map(\.id) == ["etcd-list", "etcd-servers", "etcd", "clean", "record", "verify"])
        let steps = lanes(plan, "etcd-servers").flatMap(\.steps)
        guard case .run(let script) = steps[0].action else { return #expect(Bool(false)) }
        #expect(script.text.contains("https://10.0.0.22:2379,https://10.0.0.23:2379|"))
        #expect(!script.text.contains("10.0.0.21"))
        // Through a member that stays, on its own host.
        let leave = try #require(lanes(plan, "etcd").first)
        #expect(leave.host == HostID("10.0.0.22") && leave.steps.map(\.id) == ["etcd-member 10.0.0.21"])
        guard case .run(let act) = leave.steps[0].action else { return #expect(Bool(false)) }
        let lines = act.text.split(separator: "\n").filter { $0.hasPrefix("etcd ") }
        #expect(lines[0].contains("move-leader a1") && lines[1].contains("member remove a0"))
        #expect(lanes(plan, "clean").map(\.host.description) == ["10.0.0.21"])
        #expect(!act.text.contains("kubectl"))
    }

    @Test func `a dead one leaves without a step on it`() throws {
        let plan = try plan(removal(["10.0.0.22"], dead: ["10.0.0.22"]), down: ["10.0.0.22"])
        #expect(!plan.phases.flatMap(\.lanes).contains { $0.host == HostID("10.0.0.22") })
        #expect(lanes(plan, "etcd").first?.steps.map(\.id) == ["etcd-member 10.0.0.22"])
        let record = try #require(lanes(plan, "record").first?.steps.first)
        guard case .write(let file) = record.action else { return #expect(Bool(false)) }
        #expect(!file.text.contains("10.0.0.22") && file.text.contains("10.0.0.23"))
    }

    @Test func `a master leaves without a word to etcd, whatever is left of it`() throws {
        let plan = try plan(removal(["10.0.0.1"]))
        #expect(!plan.phases.contains { $0.id.hasPrefix("etcd") })
        #expect(problems(removal(["10.0.0.1"])).isEmpty)
    }

    @Test func `the majority is that of etcd's hosts`() {
        let found = problems(
            Removal(
                isWhole: false, leaving: [HostID("10.0.0.21")], absent: [HostID("10.0.0.22")],
                members: members(dead: ["10.0.0.22"])), down: ["10.0.0.22"])
        #expect(found.count == 1 && found[0].contains("etcd has 3 members, of which 2 are healthy"), "\(found)")
        #expect(found[0].contains("bring 10.0.0.22 back, or remove it first"))
        #expect(problems(removal(["10.0.0.22"], dead: ["10.0.0.22"]), down: ["10.0.0.22"]).isEmpty)
        let all = problems(removal(["10.0.0.21", "10.0.0.22", "10.0.0.23"]))
        #expect(all == ["--etcd: no member of etcd would remain; write 'hakube clean --all' to end the whole cluster"])
    }

    @Test func `a host that runs etcd for another cluster by now is not cleared`() {
        var facts = facts()
        facts[HostID("10.0.0.21")]?.etcdCluster = "prod"
        let found = RemovalPreflight(spec: spec, facts: facts, removal: removal(["10.0.0.21"])).problems
        #expect(found.map(\.message) == ["it belongs to the cluster prod now"])
    }

    @Test func `when all ends, keys come from a master and the data from a member that is well`() throws {
        let all = spec.hosts.map(\.id.description)
        let plan = try plan(removal(all, dead: ["10.0.0.21"], isWhole: true), down: ["10.0.0.21"])
        #expect(plan.phases.map(\.id) == ["backup", "clean-nodes", "clean-masters", "clean-etcd"])
        let kept = lanes(plan, "backup").map { lane in
            lane.steps.compactMap { step in
                if case .keep(_, let name) = step.action { "\(lane.host) \(name)" } else { nil }
            }
        }
        #expect(kept == [["10.0.0.1 backup-aa/pki.tar"], ["10.0.0.22 backup-aa/etcd.db"]])
        #expect(lanes(plan, "clean-etcd").map(\.host.description) == ["10.0.0.22", "10.0.0.23"])
    }

    @Test func `when no master is left, the data are kept all the same`() throws {
        let all = spec.hosts.map(\.id.description)
        let masters: Set = ["10.0.0.1", "10.0.0.2"]
        let plan = try plan(removal(all, dead: masters, isWhole: true), down: masters)
        let backup = lanes(plan, "backup")
        #expect(backup.map(\.host.description) == ["10.0.0.21"])
        #expect(backup.first?.steps.map(\.id) == ["backup-etcd", "keep etcd.db"])
        // One name, whoever is left.
        for down in [[], masters] { #expect(Removal.backupName(spec, facts(down: down)) == "backup-ee") }
        let stacked = spec.with(masters: spec.masters, nodes: spec.nodes, etcd: .stacked)
        #expect(Removal.backupName(stacked, facts()) == "backup-aa")
        #expect(Removal.backupName(stacked, [:]) == nil)
    }

    @Test func `of an etcd that somebody else runs no copy is taken, and nothing of it is removed`() throws {
        let external = spec.with(
            masters: spec.masters, nodes: spec.nodes,
            etcd: .external(ExternalEtcd(endpoints: [EtcdEndpoint(host: "10.0.0.31")])))
        let removal = Removal(isWhole: true, leaving: external.hosts.map(\.id), backup: "backup-aa")
        let plan = try Planner(PlanInput(spec: external, facts: facts(), bundle: nil, parallel: 16)).removal(removal)
        #expect(plan.phases.map(\.id) == ["backup", "clean-nodes", "clean-masters"])
        #expect(lanes(plan, "backup").flatMap(\.steps).map(\.id) == ["backup-keys", "keep pki.tar"])
        let leaves = try Planner(PlanInput(spec: external, facts: facts(), bundle: nil, parallel: 16)).removal(
            Removal(isWhole: false, leaving: [HostID("10.0.0.1")]))
        #expect(!leaves.phases.contains { $0.id.hasPrefix("etcd") })
    }
}
