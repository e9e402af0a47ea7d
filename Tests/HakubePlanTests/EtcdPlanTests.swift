// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubePlan

/// etcd on hosts of its own, or somebody else's: who does what, and in which order.
@Suite struct EtcdPlanTests {
    let spec: ClusterSpec

    init() throws {
        spec = try SampleCluster.spec(
            masters: ["10.0.0.1", "10.0.0.2"], nodes: ["10.0.0.4"],
            etcd: SampleCluster.etcd(hosts: ["10.0.0.21", "10.0.0.22", "10.0.0.23"]))
    }

    static let peers =
        "etcd1=https://10.0.0.21:2380,etcd2=https://10.0.0.22:2380,etcd3=https://10.0.0.23:2380"

    /// Makes a host a member, by what it says of itself.
    static func stand(_ host: String, in facts: inout [HostID: Facts], peers: String = peers) {
        facts[HostID(host)]?.etcdCluster = "sample"
        facts[HostID(host)]?.staticPods = ["etcd"]
        facts[HostID(host)]?.etcdCADigest = "ee"
        facts[HostID(host)]?.hasEtcdCAKey = true
        facts[HostID(host)]?.etcdPeers = peers
        facts[HostID(host)]?.hasTraces = true
    }

    static func serve(_ host: String, in facts: inout [HostID: Facts], servers: [Int] = [21, 22, 23]) {
        let list = servers.map { "https://10.0.0.\($0):2379" }
        facts[HostID(host)]?.serves = true
        facts[HostID(host)]?.hasKubeletConfig = true
        facts[HostID(host)]?.hasTraces = true
        facts[HostID(host)]?.staticPods = ["kube-apiserver"]
        facts[HostID(host)]?.etcdServers = list.joined(separator: ",")
        facts[HostID(host)]?.clusterConfiguration =
            "kind: ClusterConfiguration\netcd: {external: {endpoints: [\(list.map { "\"\($0)\"" }.joined(separator: ", "))]}}"
    }

    static func member(
        _ host: String, name: String = "m", started: Bool = true, healthy: Bool = true, leads: Bool = false,
        id: UInt64 = 1
    ) -> EtcdMember {
        EtcdMember(
            id: id, name: name, peerURLs: ["https://\(host):2380"],
            clientURLs: started ? ["https://\(host):2379"] : [], isLearner: false, isHealthy: healthy, isLeader: leads)
    }

    private func plan(
        _ spec: ClusterSpec? = nil, newcomers: Set<HostID>? = nil, absent: Set<HostID> = [],
        members: [EtcdMember]? = nil, _ change: (inout [HostID: Facts]) -> Void = { _ in }
    ) throws -> Plan {
        let spec = spec ?? self.spec
        var facts = PlanInput.assumingFresh(spec, bundle: nil, parallel: 16).facts
        change(&facts)
        return try Planner(
            PlanInput(
                spec: spec, facts: facts, bundle: nil, parallel: 16, newcomers: newcomers, absent: absent,
                etcdMembers: members)
        ).initialisation()
    }

    private func steps(_ plan: Plan, _ phase: String, _ host: String) -> [String] {
        lanes(plan, phase).first { $0.host == HostID(host) }?.steps.map(\.id) ?? []
    }

    private func lanes(_ plan: Plan, _ phase: String) -> [Lane] { plan.phases.first { $0.id == phase }?.lanes ?? [] }

    private func script(_ plan: Plan, _ phase: String, _ step: String) throws -> String {
        let step = try #require(lanes(plan, phase).flatMap(\.steps).first { $0.id == step })
        switch step.action {
        case .run(let script), .job(let script), .await(let script, _): return script.text
        default: throw Unexpected()
        }
    }

    private struct Unexpected: Error {}

    @Test func `etcd comes up whole before the first API server is made`() throws {
        let plan = try plan()
        #expect(
            plan.phases.map(\.id) == [
                "receipt", "push", "prepare", "etcd-ca", "etcd", "etcd-health", "etcd-client", "etcd-files",
                "first-master", "join", "settle", "record", "verify",
            ])
        #expect(lanes(plan, "etcd").map(\.host.description) == ["10.0.0.21", "10.0.0.22", "10.0.0.23"])
        #expect(plan.phases.first { $0.id == "etcd" }?.order.width == 16)
        #expect(lanes(plan, "etcd-files").map(\.host.description) == ["10.0.0.1"])
    }

    @Test func `the CA is made on one host, and its key goes to the members alone`() throws {
        let plan = try plan()
        #expect(
            steps(plan, "etcd-ca", "10.0.0.21") == ["etcd-config", "etcd-ca", "read etcd-ca", "read etcd-ca-key"])
        let key = "/etc/kubernetes/pki/etcd/ca.key"
        let writers = plan.phases.flatMap(\.lanes).filter { $0.steps.contains { $0.id == "write \(key)" } }
        #expect(writers.map(\.host.description) == ["10.0.0.22", "10.0.0.23"])
        let files = RenderedFiles(plan).files.filter { $0.path == key }
        #expect(files.count == 2 && files.allSatisfy { $0.mode == 0o600 })
    }

    @Test func `masters join without a member of etcd, and take no turns`() throws {
        let plan = try plan()
        let ids = steps(plan, "join", "10.0.0.2")
        #expect(ids.contains("prepare-master") && ids.contains("control-plane") && !ids.contains("etcd"))
        #expect(!plan.phases.flatMap(\.lanes).flatMap(\.steps).contains { $0.turn != nil })
        let done = lanes(plan, "join").flatMap(\.steps).first { $0.id == "control-plane" }?.unless?.text
        #expect(done?.contains("kube-apiserver.yaml") == true && done?.contains("etcd.yaml") == false)
    }

    @Test func `no key stands in a plan, in whatever form it is shown`() throws {
        let json = String(decoding: try plan().json(), as: UTF8.self)
        #expect(json.contains("[redacted: etcd-ca-key]") && json.contains("[redacted: etcd-client-key]"))
        #expect(!json.contains("<<hakube:") && !json.contains("PRIVATE KEY"))
    }

    @Test func `etcd hosts get no part in pods: no kernel settings, no name for the endpoint, no node`() throws {
        let plan = try plan()
        let ids = steps(plan, "prepare", "10.0.0.21")
        #expect(ids.contains("modules") && ids.contains("kubelet") && !ids.contains("sysctl"))
        let own = RenderedFiles(plan).files.filter { $0.host == HostID("10.0.0.21") }
        #expect(!own.contains { $0.path == "/etc/hosts" || $0.path == "/etc/hakube/cluster.json" })
        #expect(own.contains { $0.path == "/etc/modules-load.d/hakube.conf" && !$0.text.contains("br_netfilter") })
        #expect(try !script(plan, "verify", "nodes-ready").contains("etcd1"))
        #expect(steps(plan, "verify", "10.0.0.21") == ["etcd-healthy"])
    }

    @Test func `a run that was cut off goes on with the members that were meant`() throws {
        // One of three has started: it has no majority, and nobody can be asked.
        let plan = try plan { facts in
            Self.stand("10.0.0.22", in: &facts)
            facts[HostID("10.0.0.21")]?.hasEtcdCAKey = true
        }
        #expect(lanes(plan, "etcd").map(\.host.description) == ["10.0.0.21", "10.0.0.23"])
        #expect(!plan.phases.contains { $0.id.hasPrefix("etcd-join") })
        // Who has the CA lends it; it is not made again.
        #expect(steps(plan, "etcd-ca", "10.0.0.22") == ["read etcd-ca", "read etcd-ca-key"])
        let config = RenderedFiles(plan).files.first {
            $0.host == HostID("10.0.0.23") && $0.path == "/etc/hakube/kubeadm-etcd.yaml"
        }
        #expect(config?.text.contains(Self.peers) == true)
    }

    @Test func `the members know best who of them has never run`() throws {
        let plan = try plan(
            members: [
                Self.member("10.0.0.21"), Self.member("10.0.0.22"),
                Self.member("10.0.0.23", name: "etcd3", started: false, healthy: false),
            ]
        ) { facts in
            Self.stand("10.0.0.21", in: &facts)
            Self.stand("10.0.0.22", in: &facts)
        }
        #expect(lanes(plan, "etcd").map(\.host.description) == ["10.0.0.23"])
    }

    /// A cluster that stands, and a host that shall be etcd's third.
    private func joining(_ change: (inout [HostID: Facts]) -> Void = { _ in }) throws -> Plan {
        try plan(
            newcomers: [HostID("10.0.0.23")],
            members: [Self.member("10.0.0.21", healthy: false), Self.member("10.0.0.22")]
        ) { facts in
            for host in ["10.0.0.21", "10.0.0.22"] { Self.stand(host, in: &facts) }
            for host in ["10.0.0.1", "10.0.0.2"] { Self.serve(host, in: &facts, servers: [21, 22]) }
            facts[HostID("10.0.0.4")]?.hasKubeletConfig = true
            facts[HostID("10.0.0.1")]?.clusterConfiguration? += "\napiServer: {certSANs: [\(names)]}"
            change(&facts)
        }
    }

    private var names: String { spec.apiServerNames.joined(separator: ", ") }

    @Test func `a new member is announced through one that answers, starts, and then the API servers learn of it`()
        throws
    {
        let plan = try joining()
        #expect(
            plan.phases.map(\.id) == [
                "receipt", "push", "prepare", "etcd-ca", "etcd-join 10.0.0.23", "first-master", "join", "etcd-servers",
                "settle", "record", "verify",
            ])
        let lanes = lanes(plan, "etcd-join 10.0.0.23")
        #expect(lanes.map(\.host.description) == ["10.0.0.22", "10.0.0.23"])
        #expect(plan.phases.first { $0.id == "etcd-join 10.0.0.23" }?.order == .oneByOne)
        #expect(lanes[0].steps.map(\.id) == ["etcd-announce 10.0.0.23", "read etcd-members"])
        #expect(lanes[1].steps.suffix(2).map(\.id) == ["etcd-vote 10.0.0.23", "etcd-healthy"])
        let text = try script(plan, "etcd-join 10.0.0.23", "etcd-announce 10.0.0.23")
        #expect(text.contains("member add etcd3 --learner --peer-urls=https://10.0.0.23:2380"))
        let config = RenderedFiles(plan).files.first { $0.path == "/etc/hakube/kubeadm-etcd.yaml" }
        #expect(config?.text.contains("value: \"existing\"") == true)
    }

    @Test func `a member that runs and has no vote yet gets it, and answers no questions until then`() throws {
        let spec = spec.with(masters: spec.masters, nodes: spec.nodes, etcd: .hosts(spec.etcd.hosts.suffix(2)))
        let learner = EtcdMember(
            id: 2, name: "etcd2", peerURLs: ["https://10.0.0.22:2380"], clientURLs: ["https://10.0.0.22:2379"],
            isLearner: true, isHealthy: true, isLeader: false)
        let plan = try plan(spec, members: [learner, Self.member("10.0.0.23")]) { facts in
            for host in spec.etcd.hosts { Self.stand(host.id.description, in: &facts) }
            for host in spec.masters { Self.serve(host.id.description, in: &facts, servers: [23]) }
        }
        #expect(steps(plan, "etcd-vote", "10.0.0.22") == ["etcd-vote 10.0.0.22", "etcd-healthy"])
        #expect(
            try script(plan, "etcd-vote", "etcd-vote 10.0.0.22").contains("etcd https://10.0.0.23:2379 member list"))
        #expect(steps(plan, "etcd-vote", "10.0.0.23").isEmpty)
    }

    @Test func `before etcd knew learners a member votes from the start`() throws {
        let spec = try SampleCluster.spec(
            masters: ["10.0.0.1"], kubernetes: "v1.16.15", etcd: SampleCluster.etcd(hosts: ["10.0.0.21", "10.0.0.22"]))
        let plan = try plan(spec, newcomers: [HostID("10.0.0.22")], members: [Self.member("10.0.0.21")]) { facts in
            Self.stand("10.0.0.21", in: &facts)
            Self.serve("10.0.0.1", in: &facts, servers: [21])
        }
        let text = try script(plan, "etcd-join 10.0.0.22", "etcd-announce 10.0.0.22")
        #expect(text.contains("member add etcd2 --peer-urls"))
        #expect(!steps(plan, "etcd-join 10.0.0.22", "10.0.0.22").contains { $0.hasPrefix("etcd-vote") })
    }

    @Test func `who joins waits for no member that was ill before`() throws {
        let plan = try plan(newcomers: [HostID("10.0.0.4")]) { facts in
            for host in spec.etcd.hosts { Self.stand(host.id.description, in: &facts) }
            for host in spec.masters { Self.serve(host.id.description, in: &facts) }
        }
        #expect(lanes(plan, "verify").map(\.host.description) == ["10.0.0.1", "10.0.0.2", "10.0.0.4"])
        #expect(
            try lanes(joining(), "verify").filter { $0.steps.contains { $0.id == "etcd-healthy" } }.map(
                \.host.description) == ["10.0.0.23"])
    }

    @Test func `API servers are told one after another, and each has to run with the list before the next`() throws {
        let plan = try joining()
        let phase = try #require(plan.phases.first { $0.id == "etcd-servers" })
        #expect(phase.order == .oneByOne && phase.lanes.map(\.host.description) == ["10.0.0.1", "10.0.0.2"])
        let list = "https://10.0.0.21:2379,https://10.0.0.22:2379,https://10.0.0.23:2379"
        #expect(phase.lanes[0].steps.map(\.id) == ["etcd-servers", "own-api-server"])
        #expect(try script(plan, "etcd-servers", "etcd-servers").contains("\\1\(list)|"))
        #expect(try script(plan, "etcd-servers", "own-api-server").contains("'--etcd-servers=\(list)'"))
        // What masters that join later are told.
        let patch = try script(plan, "first-master", "certificate-names")
        #expect(patch.contains("https://10.0.0.23:2379") && !patch.contains("certSANs: []"))
    }

    @Test func `one that is announced already is not announced as a founder`() throws {
        // A run was cut off between the announcement and the start.
        let spec = spec
        let members = [
            Self.member("10.0.0.21"), Self.member("10.0.0.22"),
            Self.member("10.0.0.23", name: "", started: false, healthy: false),
        ]
        let plan = try plan(spec, newcomers: [HostID("10.0.0.23")], members: members) { facts in
            for host in ["10.0.0.21", "10.0.0.22"] { Self.stand(host, in: &facts) }
            for host in ["10.0.0.1", "10.0.0.2"] { Self.serve(host, in: &facts, servers: [21, 22]) }
        }
        #expect(plan.phases.contains { $0.id == "etcd-join 10.0.0.23" } && lanes(plan, "etcd").isEmpty)
    }

    @Test func `where all stand nothing is begun, announced or lent`() throws {
        let plan = try plan(members: [21, 22, 23].map { Self.member("10.0.0.\($0)") }) { facts in
            for host in spec.etcd.hosts { Self.stand(host.id.description, in: &facts) }
            for host in spec.masters { Self.serve(host.id.description, in: &facts) }
            facts[HostID("10.0.0.4")]?.hasKubeletConfig = true
            facts[HostID("10.0.0.1")]?.clusterConfiguration? += "\napiServer: {certSANs: [\(names)]}"
        }
        #expect(!plan.phases.contains { $0.id.hasPrefix("etcd") })
        let first = ["hosts", "kubeadm-config", "kubeadm-init", "root-kubeconfig"]
        #expect(steps(plan, "first-master", "10.0.0.1") == first)
    }

    private func external(_ credentials: EtcdCredentials?) throws -> ClusterSpec {
        spec.with(
            masters: spec.masters, nodes: spec.nodes,
            etcd: .external(
                ExternalEtcd(endpoints: [EtcdEndpoint(host: "10.0.0.31")], credentials: credentials)))
    }

    @Test func `somebody else's etcd gets API servers and nothing else`() throws {
        let credentials = EtcdCredentials(ca: "ca\n", certificate: "client\n", key: Secret("hidden"))
        let fresh = try plan(external(credentials))
        #expect(fresh.phases.map(\.id).filter { $0.hasPrefix("etcd") } == ["etcd-files"])
        #expect(lanes(fresh, "etcd-files").map(\.host.description) == ["10.0.0.1"])
        #expect(!String(decoding: try fresh.json(), as: UTF8.self).contains("hidden"))
        // A certificate that is new in the inventory reaches masters of long standing as well.
        let again = try plan(external(credentials)) { facts in
            for host in spec.masters { Self.serve(host.id.description, in: &facts, servers: [31]) }
        }
        #expect(lanes(again, "etcd-files").map(\.host.description) == ["10.0.0.1", "10.0.0.2"])
        // By its record a cluster is known without them, and masters that join get them from kubeadm.
        let joining = try plan(external(nil), newcomers: [HostID("10.0.0.2")]) { facts in
            Self.serve("10.0.0.1", in: &facts, servers: [31])
        }
        #expect(!joining.phases.contains { $0.id.hasPrefix("etcd") })
        #expect(
            RenderedFiles(joining).files.contains {
                $0.path == "/etc/hakube/kubeadm-upload-certs.yaml" && $0.text.contains("https://10.0.0.31:2379")
            })
    }

    @Test func `a firewall of an etcd host lets in API servers and members, and nobody else`() throws {
        let plan = try plan { facts in
            for host in spec.hosts { facts[host.id]?.firewall = .rules }
        }
        func openings(_ host: String) throws -> String {
            let file = RenderedFiles(plan).files.first {
                $0.host == HostID(host) && $0.path == HostPath.firewallScript
            }
            return try #require(file).text
        }
        let etcd = try openings("10.0.0.22")
        for peer in ["10.0.0.1", "10.0.0.2", "10.0.0.21", "10.0.0.23"] { #expect(etcd.contains(peer)) }
        #expect(
            !etcd.contains("10.0.0.4") && !etcd.contains("10.244.") && !etcd.contains("30000") && !etcd.contains("6443")
        )
        #expect(try openings("10.0.0.1").contains("10.0.0.21"))
    }

    @Test func `what kubeadm remembers of the members follows them, and only where it remembers any`() throws {
        let text =
            "kind: ClusterConfiguration\netcd: {external: {endpoints: [\"https://10.0.0.21:2379\"], caFile: /ca}}"
        let list = ["https://10.0.0.22:2379", "https://10.0.0.23:2379"]
        let patch = try #require(ClusterConfigurationPatch(text, adding: [], members: list))
        #expect(patch.changesMembers && patch.added.isEmpty)
        for part in list + ["caFile: /ca"] { #expect(patch.json.contains(part)) }
        #expect(!patch.json.contains("10.0.0.21") && !patch.json.contains("certSANs"))
        #expect(ClusterConfigurationPatch(text, adding: [], members: ["https://10.0.0.21:2379"]) == nil)
        #expect(ClusterConfigurationPatch(text, adding: []) == nil)
        let stacked = "kind: ClusterConfiguration\netcd: {local: {dataDir: /var/lib/etcd}}"
        #expect(ClusterConfigurationPatch(stacked, adding: [], members: list) == nil)
    }

    @Test func `an init that was cut off keeps the keys that etcd outlives it with`() throws {
        for etcd in [spec, try external(nil)] {
            let text = try script(plan(etcd), "first-master", "kubeadm-init")
            #expect(text.contains("cp -p ca.crt ca.key front-proxy-ca.crt front-proxy-ca.key sa.pub sa.key"))
        }
        let stacked = spec.with(masters: [spec.masters[0]], nodes: [], etcd: .stacked)
        #expect(try !script(plan(stacked), "first-master", "kubeadm-init").contains("sa.key"))
    }
}
