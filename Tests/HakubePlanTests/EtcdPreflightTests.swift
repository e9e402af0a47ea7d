// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubePlan

/// What keeps an etcd that is not on the masters from being made or used, before anything is touched.
@Suite struct EtcdPreflightTests {
    let spec: ClusterSpec

    init() throws {
        spec = try SampleCluster.spec(
            masters: ["10.0.0.1", "10.0.0.2"], nodes: ["10.0.0.4"],
            etcd: SampleCluster.etcd(hosts: ["10.0.0.21", "10.0.0.22", "10.0.0.23"]))
    }

    private func findings(
        _ spec: ClusterSpec? = nil, newcomers: Set<HostID>? = nil, members: [EtcdMember]? = nil,
        reading: ExternalEtcdReading? = nil, _ change: (inout [HostID: Facts]) -> Void = { _ in }
    ) -> [String] {
        let spec = spec ?? self.spec
        var facts = Dictionary(uniqueKeysWithValues: spec.hosts.map { ($0.id, Facts.fresh(for: $0)) })
        change(&facts)
        return Preflight(
            spec: spec, facts: facts, bundle: nil, newcomers: newcomers, members: members, externalEtcd: reading
        ).findings.map { "\($0.severity): \($0.problem)" }
    }

    private func standing(_ facts: inout [HostID: Facts]) {
        for host in spec.etcd.hosts { EtcdPlanTests.stand(host.id.description, in: &facts) }
        for host in spec.masters {
            EtcdPlanTests.serve(host.id.description, in: &facts)
            facts[host.id]?.clusterConfiguration? += "\ncontrolPlaneEndpoint: apiserver.cluster.local:6443"
            facts[host.id]?.hosts = "# hakube begin sample\n# hakube end sample\n"
        }
        facts[HostID("10.0.0.4")]?.hasKubeletConfig = true
        facts[HostID("10.0.0.4")]?.hasTraces = true
        facts[HostID("10.0.0.4")]?.hasGuardian = true
        facts[HostID("10.0.0.4")]?.hosts = "# hakube begin sample\n# hakube end sample\n"
    }

    @Test func `fresh hosts, and hosts that stand, are in order`() {
        #expect(findings().isEmpty)
        #expect(
            findings(members: [21, 22, 23].map { EtcdPlanTests.member("10.0.0.\($0)") }, standing).isEmpty)
    }

    @Test func `a port of etcd's has to be free where etcd will be, and only there`() {
        let found = findings { facts in
            for host in spec.hosts { facts[host.id]?.listeningPorts = [2379] }
        }
        #expect(
            found
                == ["10.0.0.21", "10.0.0.22", "10.0.0.23"].map {
                    "error: \($0): something listens on port 2379 already; stop it, or take another host"
                })
    }

    @Test func `an etcd host needs no packet filter and no conntrack`() {
        #expect(findings { $0[HostID("10.0.0.21")]?.missingCommands = ["iptables", "conntrack", "socat"] } == [])
        #expect(findings { $0[HostID("10.0.0.21")]?.missingCommands = ["mount"] }.count == 1)
        #expect(findings { $0[HostID("10.0.0.1")]?.missingCommands = ["conntrack"] }.count == 1)
    }

    @Test func `a node of a cluster is no host for etcd, and a host of etcd no node`() {
        let node = findings { $0[HostID("10.0.0.21")]?.hasKubeletConfig = true }
        #expect(
            node.contains {
                $0.hasPrefix("error: 10.0.0.21: it is a node of a cluster, and an etcd host serves nothing else")
            })
        let etcd = findings { $0[HostID("10.0.0.4")]?.etcdCluster = "prod" }
        #expect(etcd.contains { $0.hasPrefix("error: 10.0.0.4: it runs etcd for the cluster prod") })
        let other = findings {
            EtcdPlanTests.stand("10.0.0.21", in: &$0); $0[HostID("10.0.0.21")]?.etcdCluster = "prod"
        }
        #expect(other.contains { $0.hasPrefix("error: 10.0.0.21: it is a member of the cluster prod") }, "\(other)")
    }

    @Test func `members of two CAs are not one etcd`() {
        let found = findings {
            standing(&$0)
            $0[HostID("10.0.0.23")]?.etcdCADigest = "ff"
        }
        #expect(
            found == [
                "error: 10.0.0.23: its etcd has another CA than that on 10.0.0.21; run 'hakube clean --etcd 10.0.0.23' first, or leave it out"
            ])
    }

    private func joining(_ members: [EtcdMember]?, _ change: (inout [HostID: Facts]) -> Void = { _ in }) -> [String] {
        findings(newcomers: [HostID("10.0.0.23")], members: members) { facts in
            standing(&facts)
            facts[HostID("10.0.0.23")] = Facts.fresh(for: spec.etcd.hosts[2])
            for host in [HostID("10.0.0.21"), HostID("10.0.0.22")] {
                facts[host]?.etcdPeers = "etcd1=https://10.0.0.21:2380,etcd2=https://10.0.0.22:2380"
            }
            change(&facts)
        }
    }

    @Test func `a member is taken in only while all others are well, and its place is free`() {
        let well = [EtcdPlanTests.member("10.0.0.21"), EtcdPlanTests.member("10.0.0.22")]
        #expect(joining(well).isEmpty)
        #expect(
            joining([well[0], EtcdPlanTests.member("10.0.0.22", healthy: false)]) == [
                "error: 10.0.0.22: its etcd member does not answer, and etcd takes no new member meanwhile; bring it back, or remove it with 'hakube clean --etcd 10.0.0.22 --unreachable'"
            ])
        #expect(
            joining(well + [EtcdPlanTests.member("10.0.0.23", healthy: false)]) == [
                "error: 10.0.0.23: etcd still counts a member at this address that is no longer there; run 'hakube clean --etcd 10.0.0.23' first, then join it again"
            ])
        // Announced by a run that was cut off: it has never been there.
        #expect(joining(well + [EtcdPlanTests.member("10.0.0.23", name: "", started: false, healthy: false)]).isEmpty)
    }

    @Test func `without a majority, or without the CA's key, nobody is taken in`() {
        #expect(joining(nil).contains { $0.hasPrefix("error: 10.0.0.23: etcd has no majority that could take it in") })
        let well = [EtcdPlanTests.member("10.0.0.21"), EtcdPlanTests.member("10.0.0.22")]
        let found = joining(well) { facts in
            for host in ["10.0.0.21", "10.0.0.22"] { facts[HostID(host)]?.hasEtcdCAKey = false }
        }
        #expect(found.count == 1 && found[0].contains("no host of etcd has the key of its CA"))
    }

    @Test func `init moves no etcd from one place to another`() throws {
        let stacked = "etcd: {local: {dataDir: /var/lib/etcd}}"
        let hosts = findings { facts in
            standing(&facts)
            facts[HostID("10.0.0.1")]?.clusterConfiguration = stacked
        }
        #expect(hosts.contains { $0.contains("etcd of the cluster that stands is on its masters; take `etcd` out") })
        let plain = spec.with(masters: spec.masters, nodes: spec.nodes, etcd: .stacked)
        #expect(
            findings(plain) { EtcdPlanTests.serve("10.0.0.1", in: &$0) }.contains {
                $0.contains("etcd of the cluster that stands is not on its masters; say where it is under `etcd`")
            })
        #expect(
            findings(external) { EtcdPlanTests.serve("10.0.0.1", in: &$0, servers: [41]) }.contains {
                $0.contains(
                    "etcd of the cluster that stands is at https://10.0.0.41:2379, not at https://10.0.0.31:2379")
            })
    }

    @Test func `init leaves no member of the etcd that stands out, and may bring others`() {
        func found(_ members: [Int]) -> [String] {
            findings(members: [21, 22, 23].map { EtcdPlanTests.member("10.0.0.\($0)") }) { facts in
                standing(&facts)
                for host in spec.masters {
                    let text = facts[host.id]?.clusterConfiguration
                    EtcdPlanTests.serve(host.id.description, in: &facts, servers: members)
                    if let end = text?.split(separator: "\n").last {
                        facts[host.id]?.clusterConfiguration? += "\n\(end)"
                    }
                }
            }
        }
        #expect(found([21, 22]).isEmpty)
        #expect(
            found([21, 22, 41]) == [
                "error: 10.0.0.1: etcd of the cluster that stands has members at https://10.0.0.41:2379, which `etcd` does not name; name them; 'hakube clean --etcd' takes a member out; init does not alter a cluster that stands"
            ])
        #expect(found([41, 42]).contains { $0.contains("https://10.0.0.41:2379, https://10.0.0.42:2379") })
    }

    @Test func `a member that was announced and has never come keeps others out`() {
        let well = [EtcdPlanTests.member("10.0.0.21"), EtcdPlanTests.member("10.0.0.22")]
        let announced = EtcdPlanTests.member("10.0.0.24", name: "", started: false, healthy: false, id: 0xb2)
        #expect(
            joining(well + [announced]) == [
                "error: etcd: it waits for a member at https://10.0.0.24:2380 that has never started, and takes no other meanwhile; join its host with --etcd first, or remove it with 'etcdctl member remove b2'"
            ])
    }

    // MARK: - Somebody else's

    private static let first = EtcdEndpoint(host: "10.0.0.31")
    private static let second = EtcdEndpoint(host: "10.0.0.32")

    private var external: ClusterSpec {
        spec.with(
            masters: spec.masters, nodes: spec.nodes,
            etcd: .external(ExternalEtcd(endpoints: [Self.first, Self.second])))
    }

    private func reading(_ change: (inout ExternalEtcdReading) -> Void) -> ExternalEtcdReading {
        var reading = ExternalEtcdReading()
        for host in spec.masters {
            reading.answers[host.id] = [
                Self.first: .said(.init(isHealthy: true, version: "3.5.21")),
                Self.second: .said(.init(isHealthy: true, version: "3.5.21")),
            ]
        }
        reading.clusters = [Self.first: "1", Self.second: "1"]
        reading.keys = 0
        change(&reading)
        return reading
    }

    private func external(
        _ change: (inout ExternalEtcdReading) -> Void, _ facts: (inout [HostID: Facts]) -> Void = { _ in }
    )
        -> [String]
    { findings(external, reading: reading(change), facts) }

    @Test func `one that is well and empty is taken`() { #expect(external { _ in }.isEmpty) }

    @Test func `an endpoint that no master reaches is told once, one that a master does not reach with that master`() {
        let all = external { reading in
            for host in spec.masters { reading.answers[host.id]?[Self.second] = .silent("connection refused") }
        }
        #expect(
            all == [
                "error: etcd: https://10.0.0.32:2379 does not answer any master: connection refused; start it, or take it out of the endpoints: kubeadm asks each of them"
            ])
        let one = external { $0.answers[HostID("10.0.0.2")]?[Self.first] = .silent("no route to host") }
        #expect(
            one.count == 1 && one[0].hasPrefix("error: 10.0.0.2: https://10.0.0.31:2379 does not answer it: no route"))
    }

    @Test func `one without a majority is refused in its own words`() {
        let found = external { reading in
            for host in spec.masters {
                reading.answers[host.id]?[Self.first] = .said(.init(isHealthy: false, reason: "RAFT NO LEADER"))
            }
        }
        #expect(
            found == [
                "error: etcd: https://10.0.0.31:2379 says that it is not healthy: RAFT NO LEADER; bring its members back until a majority stands"
            ])
    }

    @Test func `endpoints of two etcds are refused`() {
        let found = external { $0.clusters[Self.second] = "2" }
        #expect(found.count == 1 && found[0].contains("are not members of one etcd"))
    }

    @Test func `what another cluster left in it is refused, what this one has begun is not`() {
        let found = external { $0.keys = 7 }
        #expect(
            found == [
                "error: etcd: it holds 7 keys below /registry: those of another cluster, or of one that has ended; give each cluster an etcd of its own; what nobody needs any more is removed with 'etcdctl del --prefix /registry'"
            ])
        #expect(external({ $0.keys = 7 }) { $0[HostID("10.0.0.1")]?.unfinished = "init" } == [])
    }

    @Test func `what an etcd does not let itself be asked is said, where it matters`() {
        let unseen = [
            "warning: etcd: nobody could see whether it is empty: it does not let the client count keys; look with 'etcdctl get --prefix /registry --keys-only --limit 1'; what another cluster left there would be taken over"
        ]
        #expect(external { $0.keys = nil } == unseen)
        #expect(external({ $0.keys = nil }) { $0[HostID("10.0.0.1")]?.unfinished = "init" } == [])
        let untold = external { $0.clusters[Self.second] = nil }
        #expect(
            untold == [
                "warning: etcd: nobody could see whether all endpoints are members of one etcd: https://10.0.0.32:2379 did not tell; compare them with 'etcdctl member list'"
            ])
    }

    @Test func `of who took a connection and was asked nothing, nothing more is expected`() {
        var reading = ExternalEtcdReading()
        reading.answers[HostID("10.0.0.2")] = [Self.first: .open, Self.second: .open]
        #expect(findings(external, reading: reading) == [])
        reading.answers[HostID("10.0.0.2")]?[Self.second] = .silent("no route to host")
        let found = findings(external, reading: reading)
        #expect(
            found.count == 1 && found[0].hasPrefix("error: 10.0.0.2: https://10.0.0.32:2379 does not answer it"),
            "\(found)")
    }

    @Test func `a host that cannot ask is warned about, and nothing else`() {
        let found = external { reading in
            reading.answers[HostID("10.0.0.1")] = [
                Self.first: .unasked("it has no bash"), Self.second: .unasked("it has no bash"),
            ]
        }
        #expect(
            found.count == 1
                && found[0].hasPrefix("warning: 10.0.0.1: nobody could look at etcd from here: it has no bash"))
    }
}
