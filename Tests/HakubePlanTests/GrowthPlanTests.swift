// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubePlan

/// Hosts join a cluster that stands.
@Suite struct GrowthPlanTests {
    /// One master and one worker stand.
    let standing: ClusterSpec

    init() throws {
        standing = try SampleCluster.spec(masters: ["10.0.0.1"], nodes: ["10.0.0.4"], kubernetes: "v1.20.2")
    }

    private func grown(masters: [String] = [], nodes: [String] = []) throws -> ClusterGrowth {
        var flags = InventoryOverrides()
        flags.masters = masters
        flags.nodes = nodes
        return try ClusterGrowth(of: standing, inventory: Inventory(), flags: flags)
    }

    private static let configuration = """
        apiVersion: kubeadm.k8s.io/v1beta2
        kind: ClusterConfiguration
        apiServer:
          certSANs: ["127.0.0.1", "localhost", "apiserver.cluster.local", "10.0.0.1", "10.103.97.2", "old.example.com"]
          timeoutForControlPlane: 4m0s
        """

    private func facts(_ growth: ClusterGrowth, names: [String] = ["10.0.0.1"]) -> [HostID: Facts] {
        var facts = Dictionary(uniqueKeysWithValues: growth.spec.hosts.map { ($0.id, Facts.fresh(for: $0)) })
        for host in standing.hosts { facts[host.id]?.hasKubeletConfig = true }
        facts[standing.masters[0].id]?.serves = true
        facts[standing.masters[0].id]?.staticPods = ["etcd", "kube-apiserver"]
        facts[standing.masters[0].id]?.clusterConfiguration = Self.configuration
        facts[standing.masters[0].id]?.certificateNames = names
        return facts
    }

    private func plan(_ growth: ClusterGrowth, absent: Set<HostID> = [], names: [String] = ["10.0.0.1"]) throws -> Plan
    {
        let facts = facts(growth, names: names).filter { !absent.contains($0.key) }
        return try Planner(
            PlanInput(
                spec: growth.spec, facts: facts, bundle: nil, parallel: 16, newcomers: Set(growth.named),
                absent: absent)
        ).initialisation()
    }

    private func steps(_ plan: Plan, _ phase: String, _ host: String) -> [Step] {
        plan.phases.first { $0.id == phase }?.lanes.first { $0.host.description == host }?.steps ?? []
    }

    @Test func `members are not made anew`() throws {
        let plan = try plan(grown(masters: ["10.0.0.2-3"], nodes: ["10.0.0.5"]))
        for phase in ["push", "prepare"] {
            #expect(
                plan.phases.first { $0.id == phase }?.lanes.map(\.host.description) == [
                    "10.0.0.2", "10.0.0.3", "10.0.0.5",
                ])
        }
        let lead = steps(plan, "first-master", "10.0.0.1").map(\.id)
        #expect(
            lead == ["hosts", "certificate-names", "credentials", "upload-certs-config", "upload-certs", "cluster-ca"])
    }

    @Test func `a worker of long standing learns of new masters and nothing else`() throws {
        let plan = try plan(grown(masters: ["10.0.0.2-3"]))
        #expect(steps(plan, "join", "10.0.0.4").map(\.id) == ["hosts", "guardian-config", "guardian-list"])
        let file = RenderedFiles(plan).files.first {
            $0.host == HostID("10.0.0.4") && $0.path == "/etc/hakube/guardian.json"
        }
        let text = try #require(file).text
        for master in ["10.0.0.1:6443", "10.0.0.2:6443", "10.0.0.3:6443"] { #expect(text.contains(master)) }
    }

    @Test func `names of the certificate are a union: new ones come, old ones stay`() throws {
        let growth = try grown(masters: ["10.0.0.2-3"])
        let patch = try #require(
            ClusterConfigurationPatch(
                Self.configuration,
                adding: growth.spec.apiServerNames))
        #expect(patch.added == ["10.0.0.2", "10.0.0.3", "api.example.com"])
        for name in ["old.example.com", "10.0.0.1", "10.0.0.3", "timeoutForControlPlane: 4m0s"] {
            #expect(patch.json.contains(name), "\(name)")
        }
    }

    @Test func `an API server whose certificate has every name keeps it`() throws {
        let growth = try grown(masters: ["10.0.0.2-3"])
        let all = growth.spec.apiServerNames
        #expect(try plan(growth, names: all).phases.allSatisfy { $0.id != "certificates" })
        let renewed = try plan(growth).phases.first { $0.id == "certificates" }
        #expect(renewed?.order == .oneByOne)
        #expect(renewed?.lanes.map(\.host.description) == ["10.0.0.1"])
    }

    @Test func `a member that cannot be reached keeps its place in the lists and gets no steps`() throws {
        let growth = try grown(nodes: ["10.0.0.5"])
        let plan = try plan(growth, absent: [HostID("10.0.0.4")])
        #expect(!plan.phases.flatMap(\.lanes).contains { $0.host == HostID("10.0.0.4") })
        let record = try #require(steps(plan, "record", "10.0.0.1").first)
        guard case .write(let file) = record.action else { throw Unexpected() }
        #expect(file.text.contains("10.0.0.4") && file.mode == 0o600)
    }

    private struct Unexpected: Error {}

    @Test func `hosts that are members already may be named again`() throws {
        let growth = try grown(nodes: ["10.0.0.4,10.0.0.5"])
        #expect(growth.named.map(\.description) == ["10.0.0.4", "10.0.0.5"])
        #expect(growth.spec.nodes.count == 2)
    }

    @Test func `a member is refused in the other role, and so is an even number of masters`() {
        #expect(throws: InventoryError.self) { try grown(masters: ["10.0.0.4", "10.0.0.2"]) }
        #expect(throws: InventoryError.self) { try grown(masters: ["10.0.0.2"]) }
        #expect(throws: InventoryError.self) { try grown() }
    }

    @Test func `a new host with the address or name of a member is refused`() {
        #expect(throws: InventoryError.self) {
            var flags = InventoryOverrides()
            flags.nodes = ["10.0.0.9"]
            flags.vip = "10.0.0.9"
            _ = try ClusterGrowth(
                of: standing, inventory: Inventory(yaml: "nodes: [{address: 10.0.0.7, name: worker1}]", file: "c.yaml"),
                flags: InventoryOverrides())
        }
    }

    private func findings(_ change: (inout [HostID: Facts]) -> Void, members: [EtcdMember]? = nil) throws -> [String] {
        let growth = try grown(masters: ["10.0.0.2-3"])
        var facts = facts(growth)
        change(&facts)
        return Preflight(
            spec: growth.spec, facts: facts, bundle: nil, newcomers: Set(growth.named), members: members
        ).findings.map(\.problem.description)
    }

    @Test func `a host of another cluster is named with that cluster`() throws {
        let found = try findings { facts in
            facts[HostID("10.0.0.2")]?.hasKubeletConfig = true
            facts[HostID("10.0.0.2")]?.clusterCADigest = "ff"
            facts[HostID("10.0.0.2")]?.hosts = "# hakube begin prod\n10.0.0.9 api\n# hakube end prod\n"
            facts[HostID("10.0.0.3")]?.unfinished = "join"
            facts[HostID("10.0.0.3")]?.hosts = "# hakube begin test\n10.0.0.9 api\n# hakube end test\n"
        }
        #expect(found.contains { $0.hasPrefix("10.0.0.2: it belongs to the cluster prod, not to that of 10.0.0.1") })
        #expect(found.contains { $0.hasPrefix("10.0.0.3: it is half joined to the cluster test") }, "\(found)")
    }

    @Test func `a master whose old etcd member was never removed is refused, and so is any while a member is down`()
        throws
    {
        func member(_ address: String, healthy: Bool) -> EtcdMember {
            EtcdMember(
                id: 1, name: "m", peerURLs: ["https://\(address):2380"], clientURLs: [], isLearner: false,
                isHealthy: healthy, isLeader: false)
        }
        let stale = try findings(
            { _ in }, members: [member("10.0.0.1", healthy: true), member("10.0.0.2", healthy: false)])
        #expect(stale.contains { $0.hasPrefix("10.0.0.2: etcd still counts a member") })
        let sick = try findings({ _ in }, members: [member("10.0.0.1", healthy: false)])
        #expect(sick.contains { $0.hasPrefix("10.0.0.1: its etcd member does not answer") })
    }

    @Test func `without a master that answers nobody joins`() throws {
        let found = try findings { $0[HostID("10.0.0.1")]?.serves = false }
        #expect(found.contains { $0.contains("no master of the cluster sample answers") })
    }
}
