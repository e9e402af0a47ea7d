// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubePlan

/// The scripts that settle labels, taints, DNS and pools, run by a real shell beside a stand-in for kubectl.
@Suite struct SettleScriptTests {
    private let cluster: StandInKubectl

    init() throws { cluster = try StandInKubectl() }

    private func spec(
        _ labels: [String: String] = [:], taints: [String]? = nil, master: [String]? = nil, version: String = "v1.24.0",
        dns: ClusterDNS? = nil, pools: [String: [String]] = [:]
    ) throws -> ClusterSpec {
        func marked(_ texts: [String]?) throws -> [Taint]? { try texts?.map { try #require(Taint($0)) } }
        let (ofNodes, ofMasters) = (try marked(taints), try marked(master))
        return try SampleCluster.spec(
            masters: ["10.0.0.1"], nodes: ["10.0.0.4", "10.0.0.5"], kubernetes: version, vip: "10.0.0.200",
            labels: labels, dns: dns, servicePools: pools
        ).mappingHosts { host in
            Host(
                id: host.id, role: host.role, sshAddress: host.sshAddress, address: host.address, name: host.name,
                labels: host.labels, taints: host.role == .node ? ofNodes : ofMasters)
        }
    }

    private func steps(_ spec: ClusterSpec, former: ClusterSpec? = nil, absent: Set<HostID> = []) throws -> [Step] {
        var facts = PlanInput.assumingFresh(spec, bundle: nil, parallel: 1).facts
        facts[spec.masters[0].id]?.serves = true
        facts[spec.masters[0].id]?.record = former.map { ClusterRecord(spec: $0) }
        let plan = try Planner(
            PlanInput(spec: spec, facts: facts, bundle: nil, parallel: 1, newcomers: [], absent: absent)
        ).initialisation()
        return plan.phases.filter { $0.id == "settle" || $0.id == "dns" }.flatMap(\.lanes).flatMap(\.steps).filter {
            !$0.id.hasPrefix("withdraw") && !$0.readOnly
        }
    }

    /// What was changed; a second time it is nothing.
    private func settle(_ spec: ClusterSpec, former: ClusterSpec? = nil, absent: Set<HostID> = []) throws -> [String] {
        let steps = try steps(spec, former: former, absent: absent)
        for step in steps { try cluster.perform(step) }
        let calls = try cluster.calls()
        for step in steps { #expect(try !cluster.perform(step), "\(step.id) acts a second time") }
        return calls
    }

    private static let bare = ["master1 stands", "worker1 stands", "worker2 stands"]

    @Test func `a label that a node lacks is set on it, and labels of others stay`() throws {
        try cluster.set(
            "nodes", Self.bare + ["worker1 label zone=a", "worker2 label zone=x", "worker2 label theirs=1"])
        let worker = "node-role.kubernetes.io/worker"
        let calls = try settle(spec(["zone": "a", worker: ""]))
        #expect(calls == ["label --overwrite nodes worker1 worker2 \(worker)= zone=a"])
        #expect(
            cluster.lines("nodes").filter { $0.contains("label") } == [
                "worker1 label \(worker)=", "worker1 label zone=a", "worker2 label \(worker)=",
                "worker2 label theirs=1",
                "worker2 label zone=a",
            ])
    }

    @Test func `a label that hakube gave and the inventory has no more is taken, whatever its value is by now`() throws
    {
        try cluster.set(
            "nodes", Self.bare + ["worker1 label old=1", "worker2 label old=2", "worker2 label older=1"])
        let calls = try settle(spec(), former: spec(["old": "1"]))
        #expect(calls == ["label --overwrite nodes worker1 worker2 old-"])
        #expect(cluster.lines("nodes").filter { $0.contains("label") } == ["worker2 label older=1"])
    }

    @Test func `a value that begins like the wanted one is another`() throws {
        try cluster.set("nodes", Self.bare + ["worker1 label zone=ab", "worker2 label zone=a"])
        #expect(try settle(spec(["zone": "a"])).count == 1)
    }

    @Test func `a master that is to take pods loses both of kubeadm's taints, and keeps what is another's`() throws {
        let role = "node-role.kubernetes.io"
        try cluster.set(
            "nodes",
            Self.bare + [
                "master1 taint NoSchedule \(role)/master=", "master1 taint NoSchedule \(role)/control-plane=",
                "master1 taint NoSchedule theirs=1",
            ])
        let calls = try settle(spec(master: []))
        #expect(
            calls == [
                "taint --overwrite nodes master1 \(role)/control-plane:NoSchedule- \(role)/master:NoSchedule-"
            ])
        #expect(cluster.lines("nodes").filter { $0.contains("taint") } == ["master1 taint NoSchedule theirs=1"])
        let back = try settle(spec(), former: spec(master: []))
        #expect(
            back == [
                "taint --overwrite nodes master1 \(role)/control-plane=:NoSchedule \(role)/master=:NoSchedule"
            ])
    }

    @Test func `a taint is corrected, and one that is not there is not taken a second time`() throws {
        try cluster.set(
            "nodes",
            Self.bare + ["worker1 taint NoSchedule a=1", "worker1 taint NoExecute b=", "worker2 taint NoSchedule a=2"])
        let calls = try settle(
            spec(taints: ["a=2:NoSchedule"]), former: spec(taints: ["a=1:NoSchedule", "b:NoExecute"]))
        #expect(
            calls == [
                "taint --overwrite nodes worker1 a=2:NoSchedule b:NoExecute-",
                "taint --overwrite nodes worker2 a=2:NoSchedule",
            ])
    }

    @Test func `a member's node that is missing is an error, one of a host that is away is passed over`() throws {
        try cluster.set("nodes", ["master1 stands", "worker1 stands"])
        let wanted = try spec(["zone": "a"], taints: ["a:NoSchedule"])
        let whole = try #require(try steps(wanted).first)
        #expect(try !cluster.isDone(whole))
        let away = try settle(wanted, absent: [HostID("10.0.0.5")])
        #expect(
            away == ["label --overwrite nodes worker1 zone=a", "taint --overwrite nodes worker1 a=:NoSchedule"])
    }

    // MARK: - DNS

    private struct Patch: Decodable {
        struct Spec: Decodable {
            struct Template: Decodable {
                struct Pod: Decodable {
                    let nodeSelector: [String: String?]?
                    let affinity: [String: [String: [Term]]]?
                }
                let spec: Pod
            }
            let replicas: Int?
            let template: Template?
        }
        struct Term: Decodable { let weight: Int }
        let spec: Spec
    }

    private func patched(
        _ spec: ClusterSpec, former: ClusterSpec? = nil, from before: [String], to after: [String]
    ) throws -> Patch.Spec {
        try cluster.set("deployment", before)
        try cluster.set("after", after)
        #expect(try settle(spec, former: former).count == 1)
        let text = try #require(cluster.folder.text(of: "patched"))
        return try JSONDecoder().decode(Patch.self, from: Data(text.utf8)).spec
    }

    private static let role = "node-role.kubernetes.io/control-plane"

    @Test func `number, place and spread come in one change of the Deployment`() throws {
        let wanted = try spec(dns: ClusterDNS(replicas: .count(3), isOnMasters: true))
        let patch = try patched(
            wanted, from: ["replicas 2", "selects kubernetes.io/os=linux"],
            to: ["replicas 3", "spread", "selects \(Self.role)="])
        #expect(patch.replicas == 3)
        #expect(patch.template?.spec.nodeSelector == [Self.role: ""])
        #expect(
            patch.template?.spec.affinity?["podAntiAffinity"]?["preferredDuringSchedulingIgnoredDuringExecution"]?
                .map(\.weight) == [100])
    }

    @Test func `a rule of the Deployment's own about its spread stays`() throws {
        let wanted = try spec(dns: ClusterDNS(replicas: .count(3)))
        let patch = try patched(wanted, from: ["replicas 2", "spread"], to: ["replicas 3", "spread"])
        #expect(patch.replicas == 3 && patch.template?.spec.affinity == nil)
    }

    @Test func `where masters are no longer asked for, the place goes and the number is kubeadm's`() throws {
        let former = try spec(dns: ClusterDNS(replicas: .count(3), isOnMasters: true))
        let patch = try patched(
            spec(), former: former, from: ["replicas 3", "spread", "selects \(Self.role)="],
            to: ["replicas 2", "spread"])
        #expect(patch.replicas == 2)
        #expect(patch.template?.spec.nodeSelector?.keys.sorted() == [Self.role])
        #expect(patch.template?.spec.nodeSelector?[Self.role] == .some(.none))
    }

    @Test func `servers that share a host are made anew until every host that can has one`() throws {
        try cluster.set("deployment", ["replicas 3", "spread"])
        try cluster.set("hosts", ["host master1", "host worker1", "host worker2"])
        try cluster.set("pods", ["pod a master1", "pod b master1", "pod c master1"])
        let calls = try settle(spec(dns: ClusterDNS(replicas: .count(3))))
        #expect(calls.count == 2 && calls.allSatisfy { $0.hasPrefix("delete pod ") })
        #expect(
            Set(cluster.lines("pods").compactMap { $0.split(separator: " ").last }) == [
                "master1", "worker1", "worker2",
            ])
        #expect(cluster.lines("selector") == ["kubernetes.io/os=linux"])
    }

    @Test func `servers stay together where no other host can have them`() throws {
        try cluster.set("deployment", ["replicas 3", "spread", "selects \(Self.role)="])
        try cluster.set("hosts", ["host master1"])
        try cluster.set("pods", ["pod a master1", "pod b master1", "pod c worker1"])
        #expect(try settle(spec(dns: ClusterDNS(replicas: .count(3), isOnMasters: true))).isEmpty)
        #expect(cluster.lines("selector") == ["kubernetes.io/os=linux,\(Self.role)="])
    }

    // MARK: - Pools

    private static let pools = ["global": ["10.0.1.10-10.0.1.19"], "team-a": ["10.0.1.224/29"]]

    @Test func `pools are applied once, changes are applied, and nobody else's pool stays beside them`() throws {
        try cluster.set("pools", ["cidr-global=10.9.9.0/24", "range-old=10.9.8.1-10.9.8.2", "search-order=desc"])
        let first = try settle(spec(pools: Self.pools))
        #expect(
            first == [
                "apply pools", #"patch configmap kubevip --type merge -p {"data":{"cidr-global":null}}"#,
                #"patch configmap kubevip --type merge -p {"data":{"range-old":null}}"#, "apply provider",
                "annotate --overwrite deployment kube-vip-cloud-provider hakube.local/applied",
            ])
        #expect(
            cluster.lines("pools") == [
                "range-global=10.0.1.10-10.0.1.19", "range-team-a=10.0.1.224-10.0.1.231", "search-order=desc",
            ])
        var changed = Self.pools
        changed["global"] = ["10.0.1.10-10.0.1.29"]
        #expect(try settle(spec(pools: changed)) == ["apply pools"])
        changed["team-a"] = nil
        #expect(
            try settle(spec(pools: changed)) == [
                "apply pools", #"patch configmap kubevip --type merge -p {"data":{"range-team-a":null}}"#,
            ])
    }

    @Test func `a provider of which something is missing, or that is not the last one's, is applied`() throws {
        _ = try settle(spec(pools: Self.pools))
        try cluster.folder.remove("objects")
        #expect(try settle(spec(pools: Self.pools)).first == "apply provider")
        try cluster.set("annotation", ["0123"])
        #expect(try settle(spec(pools: Self.pools)).first == "apply provider")
    }

    @Test func `pools that the inventory has no more are removed with their provider`() throws {
        _ = try settle(spec(pools: Self.pools))
        let calls = try settle(spec(), former: spec(pools: Self.pools))
        #expect(calls.count == 1 && calls.first?.hasPrefix("delete --ignore-not-found deployment/") == true)
        #expect(!cluster.folder.has("objects"))
    }
}
