// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel
import HakubePlan
import HakubeTestSupport
import HakubeTransport
import Testing

@testable import HakubeCLI

/// What is seen of an etcd that is not on the masters.
struct StatusEtcdTests {
    private let fixture: StatusFixture

    init() throws {
        fixture = try StatusFixture(etcd: SampleCluster.etcd(hosts: ["10.0.0.21", "10.0.0.22", "10.0.0.23"]))
    }

    private func found(_ change: (inout StatusFixture) -> Void) -> [String] {
        var changed = fixture
        change(&changed)
        return changed.sentences
    }

    private func document(_ fixture: StatusFixture) throws -> String {
        String(decoding: try StatusDocument(fixture.status).json(), as: UTF8.self)
    }

    @Test func `hosts of etcd's own that are well are members, and no nodes`() throws {
        #expect(fixture.sentences.isEmpty)
        #expect(fixture.status.etcd.members.map(\.name) == ["etcd1", "etcd2", "etcd3"])
        let text = StatusText(status: fixture.status).text
        #expect(text.firstMatch(of: /10\.0\.0\.21 +etcd1 +etcd +- +active +- +- +-\n/) != nil, "\(text)")
        #expect(text.contains("8 hosts, all in order"))
        let document = try document(fixture)
        #expect(document.contains(#""placement" : "hosts""#) && document.contains("https://10.0.0.23:2379"))
        #expect(document.contains(#""host" : "10.0.0.22""#))
    }

    @Test func `one that is off, one whose kubelet stands still, and one that is none yet are told apart`() {
        let off = found {
            $0.silent[HostID("10.0.0.21")] = TransportError(
                .unreachable, peer: "root@10.0.0.21:22", message: "no answer", remedy: "start it")
        }
        #expect(off == ["fault 10.0.0.21: cannot be asked: no answer"])
        #expect(
            found { $0.change("10.0.0.22", "kubelet", "", to: "failed") } == ["fault 10.0.0.22: the kubelet is failed"])
        let bare = found {
            $0.said[HostID("10.0.0.23")]?.removeAll { ["etcdCA", "etcd", "members", "etcdHealth"].contains($0.0) }
        }
        #expect(bare == ["fault 10.0.0.23: this host runs no etcd yet"])
    }

    @Test func `a member that does not answer, and one with another CA, are faults of their hosts`() {
        let silent = found {
            $0.said[HostID("10.0.0.21")]?.removeAll { ["etcd", "members", "etcdHealth"].contains($0.0) }
        }
        #expect(silent == ["fault 10.0.0.21: its etcd does not answer"])
        let strange = found { $0.change("10.0.0.23", "etcdCA", "", to: "dead") }
        #expect(strange == ["fault 10.0.0.23: its etcd has another CA than the others'"])
    }

    @Test func `a master is not expected to have a member, and a member that is no etcd host is named`() {
        let strange = found {
            for host in ["10.0.0.21", "10.0.0.22", "10.0.0.23"] {
                $0.change(host, "members", "https://10.0.0.23:2380", to: "https://10.0.0.1:2380")
            }
        }
        #expect(
            strange == [
                "fault 10.0.0.23: its etcd is no member of the cluster's etcd",
                "fault : etcd has the member etcd3 at https://10.0.0.1:2380, which is no etcd host here",
            ])
    }

    @Test func `an API server that asks others than the members is told of`() {
        func asking(_ hosts: [Int]) -> [String] {
            let list = hosts.map { "https://10.0.0.\($0):2379" }.joined(separator: ",")
            return found { $0.said[HostID("10.0.0.2")]?.insert(("etcdServers", list), at: 0) }
        }
        #expect(asking([23, 22, 21]).isEmpty, "the order means nothing")
        let stale = asking([21, 22])
        #expect(
            stale.count == 1
                && stale[0].hasPrefix(
                    "caution 10.0.0.2: its API server asks etcd at https://10.0.0.21:2379, https://10.0.0.22:2379, and"),
            "\(stale)")
    }

    @Test func `a member that a cut off run has left without a vote is told of as such`() {
        let found = found {
            for host in ["10.0.0.21", "10.0.0.22", "10.0.0.23"] {
                $0.change(host, "members", #""name":"etcd3","#, to: #""name":"etcd3","isLearner":true,"#)
            }
            $0.change("10.0.0.23", "etcdHealth", "true", to: "false")
        }
        #expect(found == ["fault 10.0.0.23: its etcd has no vote yet"])
    }

    @Test func `members are asked at the host's own address, in both families`() throws {
        #expect(
            StatusQuestion(spec: fixture.spec, host: fixture.spec.etcd.hosts[0]).script.text.contains(
                "--endpoints https://10.0.0.21:2379 --cacert"))
        let spec = try SampleCluster.spec(masters: ["fd00::1"])
        #expect(
            StatusQuestion(spec: spec, host: spec.masters[0]).script.text.contains(
                "--endpoints https://[fd00::1]:2379 "))
    }

    @Test func `their certificates end as all others do, and are renewed there`() throws {
        var late = fixture
        late.moment += 86400 * 365 * 200
        let problem = try #require(
            late.status.findings.first { $0.problem.place == "10.0.0.21" && $0.severity == .fault })
        #expect(problem.problem.remedy.contains("kubeadm certs renew etcd-server --config"), "\(problem)")
    }

    @Test func `an etcd that somebody else runs is named, and not judged`() throws {
        let endpoints = [EtcdEndpoint(host: "10.9.0.1"), EtcdEndpoint(host: "10.9.0.2")]
        let external = try StatusFixture(etcd: .external(ExternalEtcd(endpoints: endpoints)))
        #expect(external.sentences.isEmpty)
        let text = StatusText(status: external.status).text
        #expect(text.contains("somebody else's, https://10.9.0.1:2379"), "\(text)")
        #expect(!text.contains("MEMBER"))
        #expect(try document(external).contains(#""placement" : "external""#))
    }
}
