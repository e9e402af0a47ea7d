// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTestSupport
import HakubeTransport
import Testing

@testable import HakubeCLI

/// When a master may be away, and who measures.
struct DrillCheckTests {
    private func problems(
        _ kind: DrillKind = .process, target: Int = 0, _ change: (inout StatusFixture) -> Void = { _ in }
    ) throws -> [String] {
        var fixture = try StatusFixture()
        change(&fixture)
        return DrillCheck(status: fixture.status, target: fixture.spec.masters[target], kind: kind).problems
            .map { "\($0.place): \($0.message)" }
    }

    @Test func `a cluster in order can do without any one of three masters`() throws {
        for kind in DrillKind.allCases { for target in 0..<3 { #expect(try problems(kind, target: target).isEmpty) } }
    }

    @Test func `any fault is reason enough, cautions are not`() throws {
        let found = try problems { $0.change("10.0.1.1", "kubelet", "", to: "failed") }
        #expect(found == ["10.0.1.1: the cluster is not in order: the kubelet is failed"])
        let caution = try problems { $0.change("10.0.0.1", "etcd", "4000000", to: "2000000000") }
        #expect(caution.isEmpty)
    }

    @Test func `with another member dead the numbers say what would be left`() throws {
        let found = try problems {
            $0.change("10.0.0.2", "etcd", "", to: ""); $0.change("10.0.0.2", "etcdHealth", "", to: "")
        }
        #expect(
            found.contains("10.0.0.1: with it away etcd would stand still: 1 of 3 members would answer, and 2 have to"))
        // The dead one itself can be away: but nobody else may fail then.
        let own = try problems(target: 1) {
            $0.change("10.0.0.2", "etcd", "", to: "")
            $0.change("10.0.0.2", "etcdHealth", "", to: "")
        }
        #expect(
            !own.contains { $0.contains("stand still") } && own.contains { $0.contains("its etcd does not answer") })
    }

    /// Members of the given names and states, on 10.0.0.1 and on.
    private func etcd(_ states: [Bool?], target: Int = 0) throws -> [String] {
        let members = states.indices.map {
            #"{"ID":\#($0 + 1),"name":"m","peerURLs":["https://10.0.0.\#($0 + 1):2380"]}"#
        }
        var fixture = try StatusFixture()
        for host in 0..<3 where host < states.count {
            let id = "10.0.0.\(host + 1)"
            fixture.change(id, "members", "", to: #"{"members":[\#(members.joined(separator: ","))]}"#)
            if states[host] != true { fixture.change(id, "etcd", "", to: "") }
        }
        return DrillCheck(status: fixture.status, target: fixture.spec.masters[target], kind: .host).problems
            .map(\.message).filter { !$0.hasPrefix("the cluster is not in order") }
    }

    @Test func `quorum is reckoned over all members, those on no master as well`() throws {
        #expect(try etcd([true, true, true]).isEmpty)
        #expect(
            try etcd([true, true]) == [
                "with it away etcd would stand still: 1 of 2 members would answer, and 2 have to"
            ])
        #expect(try etcd([true]) == ["with it away etcd would stand still: 0 of 1 member would answer, and 1 have to"])
        // Five members of which two run nowhere that is known: two of four are left, of five three are needed.
        #expect(
            try etcd([true, true, true, nil, nil]).first?.hasPrefix("with it away etcd would stand still: 2 of 5")
                == true)
        #expect(
            try etcd([true, true, true, nil]) == [
                "with it away etcd would stand still: 2 of 4 members would answer, and 3 have to"
            ])
        #expect(try etcd([false, true, true], target: 0).isEmpty)
        #expect(
            try etcd([true, true, false], target: 1) == [
                "with it away etcd would stand still: 1 of 3 members would answer, and 2 have to"
            ])
    }

    private func problems(of etcd: Etcd, _ kind: DrillKind, _ change: (inout StatusFixture) -> Void = { _ in }) throws
        -> [String]
    {
        var fixture = try StatusFixture(etcd: etcd)
        change(&fixture)
        return DrillCheck(status: fixture.status, target: fixture.spec.masters[0], kind: kind).problems
            .map { "\($0.place): \($0.message)" }
    }

    @Test func `where etcd has hosts of its own a master takes no member away, and those have to be in order`() throws {
        let hosts = try SampleCluster.etcd(hosts: ["10.0.0.21", "10.0.0.22", "10.0.0.23"])
        for kind in DrillKind.allCases { #expect(try problems(of: hosts, kind).isEmpty) }
        let dead = try problems(of: hosts, .process) { $0.change("10.0.0.22", "etcd", "", to: "") }
        #expect(dead == ["10.0.0.22: the cluster is not in order: its etcd does not answer"])
    }

    @Test func `a member of somebody else's etcd on the master is not taken away with it`() throws {
        func external(_ addresses: String...) -> Etcd {
            .external(ExternalEtcd(endpoints: addresses.map { EtcdEndpoint(host: $0) }))
        }
        let (beside, apart) = (external("10.0.9.1", "10.0.0.1"), external("10.0.9.1", "10.0.0.2"))
        for kind in DrillKind.allCases { #expect(try problems(of: apart, kind).isEmpty) }
        #expect(try problems(of: beside, .process).isEmpty)
        let sentence =
            "10.0.0.1: a member of the etcd that somebody else runs is on it, and whether the others are a majority "
            + "cannot be told"
        for kind in [DrillKind.network, .host] { #expect(try problems(of: beside, kind) == [sentence]) }
    }

    @Test func `a master whose member cannot be told is left alone`() throws {
        let found = try problems { fixture in
            for host in ["10.0.0.1", "10.0.0.2", "10.0.0.3"] { fixture.change(host, "members", "", to: "") }
        }
        #expect(found == ["10.0.0.1: which member of etcd runs here cannot be told"])
    }

    @Test func `only a master is a target, and a host of etcd's is called what it is`() throws {
        let spec = try StatusFixture(etcd: try SampleCluster.etcd(hosts: ["10.0.0.21"])).spec
        #expect(try DrillTarget.host("10.0.0.2", of: spec).id.description == "10.0.0.2")
        func refusal(_ name: String) -> String? {
            #expect(throws: InventoryError.self) { try DrillTarget.host(name, of: spec) }?.problems.first?.message
        }
        #expect(refusal("10.0.0.21") == "10.0.0.21 is an etcd host, and a drill stops something in a master")
        #expect(refusal("10.0.1.1") == "10.0.1.1 is a worker, and a drill stops something in a master")
        #expect(refusal("10.9.9.9") == "the cluster sample has no host 10.9.9.9")
    }

    @Test func `quorum without one is told by the pure function as well`() {
        func quorum(_ healthy: Int, of count: Int) -> EtcdQuorum {
            EtcdQuorum(
                (0..<count).map {
                    EtcdMember(
                        id: UInt64($0), name: "", peerURLs: [], clientURLs: [], isLearner: false,
                        isHealthy: $0 < healthy,
                        isLeader: false)
                })
        }
        #expect(quorum(3, of: 3).stands(without: 1) && !quorum(2, of: 3).stands(without: 1))
        #expect(quorum(4, of: 5).stands(without: 1) && !quorum(3, of: 5).stands(without: 1))
        #expect(!quorum(2, of: 2).stands(without: 1) && quorum(2, of: 2).stands(without: 0))
        #expect(quorum(3, of: 4).majority == 3)
    }

    @Test func `without another API server that serves nothing is stopped`() throws {
        let found = try problems {
            $0.change("10.0.0.2", "ready", "", to: "1 no")
            $0.change("10.0.0.3", "ready", "", to: "1 no")
        }
        #expect(found.contains("10.0.0.1: no other API server serves: 0 of 2"))
        let one = try problems { $0.change("10.0.0.2", "ready", "", to: "1 no") }
        #expect(!one.contains { $0.contains("no other API server") })
    }

    @Test func `a master that others are reached through keeps its network`() throws {
        let spec = try SampleCluster.spec(masters: ["10.0.0.1", "10.0.0.2", "10.0.0.3"], nodes: ["10.0.1.1"])
        let behind = spec.mappingHosts { host in
            var access = host.access
            if host.role == .node { access.bastions = [Bastion(address: "10.0.0.2")] }
            return Host(
                id: host.id, role: host.role, sshAddress: host.sshAddress, access: access, address: host.address,
                name: host.name)
        }
        let status = ClusterStatus(
            spec: behind, origin: .inventory, moment: try StatusFixture().moment,
            hosts: try StatusFixture().status.hosts, etcd: try StatusFixture().status.etcd, cluster: nil, findings: [])
        func found(_ kind: DrillKind, _ target: Int) -> [String] {
            DrillCheck(status: status, target: behind.masters[target], kind: kind).problems.map(\.message)
        }
        #expect(found(.network, 1) == ["10.0.1.1 can be reached through it only"])
        #expect(found(.host, 1).count == 1 && found(.process, 1).isEmpty && found(.host, 0).isEmpty)
    }

    // MARK: - Who measures

    @Test func `outside asks the kubeconfig's master, and another beside it when that is the target`() throws {
        let spec = try SampleCluster.spec(masters: ["10.0.0.1", "10.0.0.2", "10.0.0.3"], port: 8443)
        func asked(_ named: String?, _ target: Int) -> [String] {
            OutsideTarget.all(spec: spec, target: spec.masters[target], kubeconfigServer: named).map(\.authority)
        }
        #expect(asked("10.0.0.2", 0) == ["10.0.0.2:8443"])
        #expect(asked("10.0.0.2", 1) == ["10.0.0.2:8443", "10.0.0.1:8443"])
        #expect(asked(nil, 2) == ["10.0.0.1:8443"])
        #expect(asked("lb.example", 0) == ["10.0.0.1:8443", "10.0.0.2:8443"])
        #expect(OutsideTarget(host: "fd00::1", port: 1).authority == "[fd00::1]:1")
    }

    @Test func `a worker without the program, or with an old one, says so`() {
        func reason(_ status: Int, _ out: String = "", _ err: String = "") -> String? {
            if case .failure(let unfit) = WorkerProbe.reading(ScriptOutput(status: status, out: out, err: err)) {
                return unfit.reason
            }
            return nil
        }
        #expect(reason(127)?.hasPrefix("it has no /usr/local/bin/hakube-guardian") == true)
        #expect(
            reason(2, "", "hakube-guardian: \"probe\" is not expected; see hakube-guardian --help\n")?.contains("older")
                == true)
        #expect(reason(2, "", "hakube-guardian: kubelet.conf cannot be read\n")?.hasSuffix("cannot be read") == true)
        #expect(reason(0) == "its probe ended with 0")
        #expect(reason(0, #"{"probe":1,"server":"a:1","addresses":[],"at":0}"#) == nil)
    }

    @Test func `what the target said is read whole or not at all`() {
        let said = [
            ("obstacle", ""), ("left", "/a"), ("left", "/b"), ("boot", "x\n9"), ("way", "eth0 22 nft"), ("end", "yes"),
        ]
        let answer = TargetAnswer(StatusFixture.encoded(said))
        #expect(answer?.left == ["/a", "/b"] && answer?.boot == "x\n9" && answer?.way == ["eth0", "22", "nft"])
        #expect(TargetAnswer(StatusFixture.encoded(said.dropLast())) == nil)
    }

    @Test(arguments: [("20s", 20), ("2m", 120), ("5", 5)])
    func `times are read as people write them`(text: String, seconds: Int) {
        #expect(TimeSpan(argument: text)?.duration == .seconds(seconds))
    }

    @Test(arguments: ["", "s", "0", "-1s", "1h", "1.5s", "٣"])
    func `what is no time is none`(text: String) { #expect(TimeSpan(argument: text) == nil) }

    @Test func `a drill of a host is as long as it takes, others have a limit`() throws {
        _ = try DrillCommand.parse(["host", "--target", "a"])
        _ = try DrillCommand.parse(["--target", "a", "--for", "10m"])
        #expect(throws: (any Error).self) { try DrillCommand.parse(["host", "--target", "a", "--for", "9s"]) }
        #expect(throws: (any Error).self) { try DrillCommand.parse(["network", "--target", "a", "--for", "11m"]) }
        #expect(throws: (any Error).self) { try DrillCommand.parse(["process"]) }
    }
}
