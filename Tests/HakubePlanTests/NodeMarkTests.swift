// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubePlan

/// What hakube gives nodes and takes back from them, by the inventory and the cluster's record.
@Suite struct NodeMarkTests {
    private static func host(
        _ role: Role = .node, _ labels: [String: String] = [:], taints: [String]? = nil
    ) throws -> Host {
        Host(
            id: HostID("10.0.0.9"), role: role, sshAddress: "10.0.0.9",
            address: IPAddress(family: .v4, value: 0x0a00_0009), name: "n", labels: labels,
            taints: try taints?.map { try #require(Taint($0)) })
    }

    private func dialect(_ version: String = "v1.34.2") throws -> KubeadmDialect {
        KubeadmDialect(version: try #require(KubernetesVersion(version)))
    }

    @Test func `labels of the inventory are given, and only those that hakube gave are taken`() throws {
        let dialect = try dialect()
        let wanted = try Self.host(.node, ["zone": "b", "empty": ""])
        let first = try #require(LabelWish(wanted, former: nil, dialect))
        #expect(first.given == ["empty=", "zone=b"] && first.taken.isEmpty)
        let later = try #require(LabelWish(wanted, former: Self.host(.node, ["zone": "a", "old": "x"]), dialect))
        #expect(later.given == ["empty=", "zone=b"] && later.taken == ["old"])
        let none = try #require(LabelWish(Self.host(), former: Self.host(.node, ["zone": "a"]), dialect))
        #expect(none.given.isEmpty && none.taken == ["zone"])
        #expect(LabelWish(try Self.host(), former: try Self.host(), dialect) == nil)
        #expect(LabelWish(try Self.host(), former: nil, dialect) == nil)
    }

    @Test(arguments: [
        ("v1.19.16", "node-role.kubernetes.io/master", true), ("v1.20.2", "node-role.kubernetes.io/master", true),
        ("v1.24.0", "node-role.kubernetes.io/master", false),
        ("v1.19.16", "node-role.kubernetes.io/control-plane", false),
        ("v1.20.2", "node-role.kubernetes.io/control-plane", true),
        ("v1.34.2", "node-role.kubernetes.io/control-plane", true), ("v1.34.2", "kubernetes.io/hostname", true),
        ("v1.34.2", "node-role.kubernetes.io/worker", false),
    ])
    func `a label that kubeadm or the kubelet needs on a master is not taken`(
        version: String, key: String, stays: Bool
    ) throws {
        let wish = LabelWish(try Self.host(.master), former: try Self.host(.master, [key: ""]), try dialect(version))
        #expect(wish?.taken == (stays ? nil : [key]))
    }

    @Test func `on a worker the role of a master is a label as any`() throws {
        let former = try Self.host(.node, ["node-role.kubernetes.io/control-plane": ""])
        #expect(LabelWish(try Self.host(), former: former, try dialect())?.taken == former.labels.keys.sorted())
    }

    private func taken(_ wanted: Host, _ former: Host?, _ version: String = "v1.34.2") throws -> [String]? {
        TaintWish(wanted, former: former, try dialect(version))?.taken.map(\.description)
    }

    @Test(arguments: [
        ("v1.20.2", ["node-role.kubernetes.io/master:NoSchedule"]),
        (
            "v1.24.0",
            ["node-role.kubernetes.io/control-plane:NoSchedule", "node-role.kubernetes.io/master:NoSchedule"]
        ),
        ("v1.34.2", ["node-role.kubernetes.io/control-plane:NoSchedule"]),
    ])
    func `a master without taints loses kubeadm's own, whenever that is said`(
        version: String, own: [String]
    ) throws {
        let open = try Self.host(.master, taints: [])
        #expect(try taken(open, nil, version) == own)
        #expect(try taken(open, Self.host(.master), version) == own)
        let closed = try #require(TaintWish(Self.host(.master), former: open, dialect(version)))
        #expect(closed.given.map(\.description) == own && closed.taken.isEmpty)
    }

    @Test func `where nobody says anything about taints, what was done by hand stays`() throws {
        #expect(TaintWish(try Self.host(.master), former: try Self.host(.master), try dialect()) == nil)
        #expect(TaintWish(try Self.host(.master), former: nil, try dialect()) == nil)
        #expect(TaintWish(try Self.host(), former: nil, try dialect()) == nil)
        #expect(TaintWish(try Self.host(taints: []), former: nil, try dialect()) == nil)
    }

    @Test func `a taint with another value is set, one with another effect is another`() throws {
        let former = try Self.host(taints: ["a=1:NoSchedule", "b:NoExecute"])
        let wish = try #require(
            TaintWish(Self.host(taints: ["a=2:NoSchedule", "b:NoSchedule"]), former: former, dialect()))
        #expect(wish.given.map(\.description) == ["a=2:NoSchedule", "b:NoSchedule"])
        #expect(wish.taken.map(\.description) == ["b:NoExecute"])
        #expect(try taken(Self.host(), former) == ["a=1:NoSchedule", "b:NoExecute"])
    }

    // MARK: - Steps

    private func plan(
        _ spec: ClusterSpec, former: ClusterSpec? = nil, newcomers: Set<HostID>? = nil, absent: Set<HostID> = []
    ) throws -> [Step] {
        var facts = PlanInput.assumingFresh(spec, bundle: nil, parallel: 1).facts
        facts[spec.masters[0].id]?.serves = former != nil
        facts[spec.masters[0].id]?.record = former.map { ClusterRecord(spec: $0) }
        let plan = try Planner(
            PlanInput(spec: spec, facts: facts, bundle: nil, parallel: 1, newcomers: newcomers, absent: absent)
        ).initialisation()
        let lanes = plan.phases.first { $0.id == "settle" }?.lanes ?? []
        return lanes.flatMap(\.steps).filter { $0.id.hasPrefix("labels ") || $0.id.hasPrefix("taints ") }
    }

    private func spec(_ labels: [String: String], nodes: Int = 2, taints: [Taint]? = nil) throws -> ClusterSpec {
        let names = (0..<nodes).map { "10.0.\($0 / 250 + 1).\($0 % 250 + 1)" }
        let spec = try SampleCluster.spec(masters: ["10.0.0.1"], nodes: names, labels: labels)
        return spec.mappingHosts { host in
            Host(
                id: host.id, role: host.role, sshAddress: host.sshAddress, address: host.address, name: host.name,
                labels: host.labels, taints: host.role == .node ? taints : nil)
        }
    }

    @Test func `nodes of which the same is wanted are one step, as many as kubectl can bear`() throws {
        #expect(try plan(spec(["zone": "a"])).map(\.title) == ["labels of worker1, worker2"])
        let many = try plan(spec(["zone": "a"], nodes: 120))
        #expect(many.map(\.id) == ["labels 10.0.1.1", "labels 10.0.1.51", "labels 10.0.1.101"])
        #expect(
            many.map(\.title) == [
                "labels of worker1 and 49 more", "labels of worker51 and 49 more", "labels of worker101 and 19 more",
            ])
        #expect(try plan(spec([:])).isEmpty)
    }

    @Test func `the record says what is to be taken, and the title names it`() throws {
        let taint = Taint(key: "a", value: "1", effect: .noExecute)
        let steps = try plan(spec(["zone": "a"]), former: spec(["zone": "b", "old": ""], taints: [taint]))
        #expect(
            steps.map(\.title) == [
                "labels of worker1, worker2, without old", "taints of worker1, worker2, without a:NoExecute",
            ])
    }

    @Test func `a record of another cluster counts for nothing`() throws {
        let other = ClusterSpec(
            name: "other", kubernetes: try spec([:]).kubernetes, masters: try spec([:]).masters,
            nodes: try spec(["old": ""]).nodes, endpoint: try spec([:]).endpoint, podSubnets: [], serviceSubnets: [],
            dnsDomain: "", imageRepository: "", proxyMode: .iptables)
        #expect(try plan(spec([:]), former: other).isEmpty)
    }

    @Test func `what was found on nodes is neither given nor taken until the inventory says something of them`() throws
    {
        let found = try spec(["disk": "ssd"])
        let adopted = found.with(masters: found.masters, nodes: found.nodes, adopted: Set(found.hosts.map(\.id)))
        #expect(try plan(adopted, former: adopted, newcomers: []).isEmpty)
        #expect(try plan(spec([:]), former: adopted).isEmpty)
        #expect(try plan(spec(["zone": "a"]), former: adopted).map(\.title) == ["labels of worker1, worker2"])
    }

    @Test func `members that cannot be reached have their labels, too, as long as their nodes are there`() throws {
        let wanted = try spec(["zone": "a"])
        let steps = try plan(wanted, former: spec([:]), newcomers: [], absent: [wanted.nodes[1].id])
        #expect(steps.map(\.title) == ["labels of worker1", "labels of worker2"])
        #expect(steps.map { $0.unless?.text.contains("--ignore-not-found") } == [false, true])
    }

    @Test func `join brings the labels of members that its inventory lists, and of no others`() throws {
        let standing = try spec(["old": "x"], taints: [Taint(key: "a", effect: .noExecute)])
        let file = """
            nodes:
              - {address: 10.0.1.1, labels: {zone: a}}
              - 10.0.1.9
            """
        func grown(_ flags: InventoryOverrides = InventoryOverrides()) throws -> ClusterSpec {
            try ClusterGrowth(of: standing, inventory: Inventory(yaml: file, file: "c.yaml"), flags: flags).spec
        }
        let nodes = try grown().nodes
        #expect(nodes.map(\.labels) == [["zone": "a"], ["old": "x"], [:]])
        #expect(nodes.map { $0.taints?.count } == [nil, 1, nil])
        // A flag shows the hosts it means, and says nothing of labels.
        var flags = InventoryOverrides()
        flags.nodes = ["10.0.1.1,10.0.1.9"]
        #expect(try grown(flags).nodes.map(\.labels) == [["old": "x"], ["old": "x"], [:]])
    }

    @Test func `a member's label that is none is refused where it stands`() throws {
        let standing = try spec([:])
        let error = #expect(throws: InventoryError.self) {
            try ClusterGrowth(
                of: standing,
                inventory: Inventory(yaml: "nodes:\n  - address: 10.0.1.1\n    labels: {a b: c}\n", file: "c.yaml"),
                flags: InventoryOverrides())
        }
        #expect(error?.problems.map(\.place) == ["c.yaml:3"])
    }

    @Test func `an adopted member that an inventory lists is hakube's from then on`() throws {
        let found = try spec(["disk": "ssd"])
        let standing = found.with(masters: found.masters, nodes: found.nodes, adopted: Set(found.nodes.map(\.id)))
        let growth = try ClusterGrowth(
            of: standing, inventory: Inventory(yaml: "nodes: [10.0.1.1, 10.0.1.9]\n", file: "c.yaml"),
            flags: InventoryOverrides())
        #expect(growth.spec.adopted == [HostID("10.0.1.2")])
        #expect(growth.named == [HostID("10.0.1.9")])
    }

    @Test func `without a newcomer nobody waits for nodes to be Ready`() throws {
        let spec = try spec(["zone": "a"])
        var facts = PlanInput.assumingFresh(spec, bundle: nil, parallel: 1).facts
        facts[spec.masters[0].id]?.serves = true
        func verify(_ newcomers: Set<HostID>) throws -> [String] {
            let plan = try Planner(
                PlanInput(spec: spec, facts: facts, bundle: nil, parallel: 1, newcomers: newcomers)
            ).initialisation()
            return plan.phases.first { $0.id == "verify" }?.lanes.first?.steps.map(\.id) ?? []
        }
        #expect(try verify([]) == ["kubeconfig", "service"])
        #expect(try verify([spec.nodes[0].id]) == ["nodes-ready", "kubeconfig", "service"])
    }
}
