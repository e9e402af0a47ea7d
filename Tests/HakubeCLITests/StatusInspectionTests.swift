// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel
import HakubeTransport
import Testing

@testable import HakubeCLI

struct StatusInspectionTests {
    private var fixture: StatusFixture

    init() throws { fixture = try StatusFixture() }

    /// What is found after one change of a cluster that is well.
    private func found(_ change: (inout StatusFixture) throws -> Void) rethrows -> [String] {
        var changed = fixture
        try change(&changed)
        return changed.sentences
    }

    @Test func `a cluster that is well has no findings`() {
        #expect(fixture.sentences.isEmpty)
        #expect(fixture.status.isInOrder)
        #expect(fixture.status.etcd.leader == 2)
        #expect(fixture.status.etcd.members.map(\.name) == ["master1", "master2", "master3"])
    }

    @Test func `a host that cannot be asked hides no other`() {
        let sentences = found {
            $0.silent[HostID("10.0.0.3")] = TransportError(
                .unreachable, peer: "root@10.0.0.3:22", message: "no answer", remedy: "start it")
            $0.change("10.0.1.1", "kubelet", "", to: "failed")
            $0.said[HostID("10.0.1.2")]?.removeLast()
        }
        #expect(
            sentences == [
                "fault 10.0.0.3: cannot be asked: no answer", "fault 10.0.1.1: the kubelet is failed",
                "fault 10.0.1.2: did not finish answering: sh: oops",
            ])
    }

    @Test func `an API server that is not ready says why`() {
        let sentences = found { $0.change("10.0.0.2", "ready", "", to: "1 connection refused") }
        #expect(sentences == ["fault 10.0.0.2: its API server is not ready: connection refused"])
        let checks = #"1 an error on the server ("[+]ping ok\n[-]etcd failed: reason withheld\n[-]x failed: y") has"#
        #expect(
            found { $0.change("10.0.0.2", "ready", "", to: checks) }
                == ["fault 10.0.0.2: its API server is not ready: etcd, x failed"])
    }

    @Test func `without any API server the hosts are shown all the same`() {
        let sentences = found {
            $0.hasCluster = false
            $0.change("10.0.1.1", "kubelet", "", to: "inactive")
        }
        #expect(
            sentences == [
                "fault : no API server answers on any master, so nothing can be said about nodes",
                "fault 10.0.1.1: the kubelet is inactive",
            ])
    }

    @Test(arguments: [
        (
            "10.0.0.1", "10.0.0.1 api", "10.0.0.2 api",
            "says that apiserver.cluster.local is 10.0.0.2, and it has to be 10.0.0.1"
        ),
        (
            "10.0.1.1", "# hakube begin", "10.9.9.9 x apiserver.cluster.local\n# hakube begin",
            "says that apiserver.cluster.local is 10.9.9.9, and it has to be 10.103.97.2"
        ),
        ("10.0.1.1", "10.103.97.2 apiserver.cluster.local\n", "", "has no line for apiserver.cluster.local"),
    ])
    func `what the endpoint's name means on a host is looked at as a resolver does`(
        _ host: String, _ part: String, _ text: String, _ complaint: String
    ) {
        #expect(found { $0.change(host, "hosts", part, to: text) } == ["fault \(host): /etc/hosts \(complaint)"])
    }

    @Test func `a block without its marks is told, though the name means the right thing`() {
        let sentences = found { $0.change("10.0.1.1", "hosts", "# hakube end sample\n", to: "") }
        #expect(sentences == ["fault 10.0.1.1: hakube's block in /etc/hosts is not as hakube writes it"])
    }

    @Test func `nodes that only one side has are told`() {
        let sentences = found {
            $0.nodes = $0.nodes.replacing("worker2", with: "stranger").replacing("10.0.1.2", with: "10.0.1.9")
        }
        #expect(
            sentences == [
                "fault 10.0.1.2: the cluster's record has this host, and the cluster has no node of it",
                "fault : the cluster has the node stranger (10.0.1.9), which the cluster's record lacks",
            ])
    }

    @Test func `a node's state, role, label and release are held against the record`() {
        let sentences = found {
            $0.nodes = $0.nodes
                .replacing(
                    #""worker1","labels":{"disk":"ssd"}},"spec":{}"#,
                    with: #""worker1","labels":{}},"spec":{"unschedulable":true}"#
                )
                .replacing(#""worker2","labels":{"#, with: #""worker2","labels":{"node-role.kubernetes.io/master":"","#)
            $0.nodes = $0.nodes.replacing(
                #""status":"True","message":"well"}],"addresses":[{"type":"InternalIP","address":"10.0.0.3"}],"nodeInfo":{"kubeletVersion":"v1.34.2""#,
                with:
                    #""status":"Unknown","message":"silent"}],"addresses":[{"type":"InternalIP","address":"10.0.0.3"}],"nodeInfo":{"kubeletVersion":"v1.33.1""#
            )
        }
        #expect(
            sentences == [
                "fault 10.0.0.3: the node master3 is not Ready: silent",
                "fault 10.0.1.1: the node worker1 lacks the label disk=ssd",
                "fault 10.0.1.2: the node worker2 is a master, and the cluster's record says node",
                "caution 10.0.0.3: its kubelet is v1.33.1, and the cluster v1.34.2",
                "note 10.0.1.1: the node worker1 takes no new pods",
            ])
    }

    @Test func `a host of another cluster, or of none, is no member`() {
        let sentences = found {
            $0.change("10.0.1.1", "ca", "", to: "badcafe")
            $0.said[HostID("10.0.1.2")]?.removeAll { $0.0 == "ca" }
        }
        #expect(
            sentences == [
                "fault 10.0.1.1: this host belongs to another cluster: its CA is not this cluster's",
                "fault 10.0.1.2: this host has joined no cluster",
            ])
    }

    @Test func `etcd without a majority is told by those who still answer`() {
        let sentences = found {
            for host in ["10.0.0.2", "10.0.0.3"] {
                $0.silent[HostID(host)] = TransportError(.unreachable, peer: host, message: "gone", remedy: "start it")
            }
            $0.change("10.0.0.1", "etcd", "\"leader\":2", to: "\"leader\":0")
            $0.change("10.0.0.1", "etcdHealth", "true", to: "false")
            $0.hasCluster = false
        }
        #expect(
            sentences.contains("fault : etcd has no leader that its members agree on: the cluster cannot be changed"))
        #expect(sentences.contains("fault 10.0.0.1: its etcd cannot commit anything: it sees no majority"))
    }

    @Test func `members of etcd are held against the masters`() {
        let sentences = found {
            for host in ["10.0.0.1", "10.0.0.2", "10.0.0.3"] {
                $0.change(host, "members", "10.0.0.3:2380", to: "10.0.0.9:2380")
            }
            $0.change("10.0.0.1", "etcd", "", to: "")
        }
        #expect(
            sentences == [
                "fault 10.0.0.1: its etcd does not answer",
                "fault 10.0.0.3: its etcd is no member of the cluster's etcd",
                "fault : etcd has the member master3 at https://10.0.0.9:2380, which is no master here",
            ])
    }

    @Test func `a guardian that deviates is a fault of its worker`() {
        let sentences = found { $0.change("10.0.1.1", "guardian", "\"running\":true", to: "\"running\":false") }
        #expect(sentences.count == 1)
        #expect(sentences.first?.hasPrefix("fault 10.0.1.1: no guardian runs here") == true)
    }
}
