// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubeCLI

struct StatusCredentialTests {
    private var fixture: StatusFixture

    init() throws { fixture = try StatusFixture() }

    private func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

    @Test(arguments: [
        ("2036-10-01T00:00:00Z", nil),
        ("2036-11-01T00:00:00Z", "caution 10.0.0.1: its certificate apiserver ends in 17 days, on 2036-11-18"),
        ("2036-11-14T00:00:00Z", "fault 10.0.0.1: its certificate apiserver ends in 4 days, on 2036-11-18"),
        ("2036-12-01T00:00:00Z", "fault 10.0.0.1: its certificate apiserver ended on 2036-11-18"),
    ])
    func `a certificate that ends soon is a caution, then a fault`(_ moment: String, _ sentence: String?) throws {
        var changed = fixture
        changed.moment = try Date(moment, strategy: .iso8601)
        let found = changed.sentences.filter { $0.contains("10.0.0.1") && $0.contains("apiserver") }
        #expect(found == (sentence.map { [$0] } ?? []))
    }

    @Test func `names that a certificate lacks are told`() {
        var changed = fixture
        changed.change(
            "10.0.0.2", "certificate", "apiserver\n\(SampleCertificate.apiServer)",
            to: "apiserver\n\(SampleCertificate.authority)")
        #expect(
            changed.sentences == [
                "fault 10.0.0.2: its API server's certificate lacks 127.0.0.1, localhost, apiserver.cluster.local, "
                    + "10.0.0.1, 10.0.0.2, 10.0.0.3, 10.103.97.2, api.example.com"
            ])
    }

    @Test func `tokens and uploaded certificates that were left are told with their end`() {
        var changed = fixture
        let end = base64("2026-11-21T14:00:00Z")
        changed.tokens =
            "bootstrap-token-abcdef|\(end)|\(base64("true"))|\n"
            + "bootstrap-token-eternal||\(base64("true"))|\n"
            + "bootstrap-token-keeper|\(end)||\(base64("for the certificates"))\n"
        changed.keys = "kubeadm-certs|bootstrap-token-keeper"
        #expect(
            changed.sentences == [
                "caution : the bootstrap token eternal lets hosts join and never ends",
                "note : the bootstrap token abcdef lets hosts join until 2026-11-21T14:00:00Z",
                "note : the control plane's certificates lie in the Secret kubeadm-certs, until 2026-11-21T14:00:00Z",
            ])
        #expect(changed.status.isInOrder)
    }

    @Test func `the text fits 80 columns and shows every host, whatever is wrong`() {
        var changed = fixture
        changed.hasCluster = false
        changed.change("10.0.0.2", "ready", "", to: "1 \(String(repeating: "long words ", count: 30))")
        changed.change("10.0.1.1", "hosts", "10.103.97.2", to: "fd00:1111:2222:3333:4444:5555:6666:7777")
        let text = StatusText(status: changed.status).text
        #expect(text.split(separator: "\n").allSatisfy { TerminalText.width(String($0)) <= 80 })
        for host in fixture.spec.hosts { #expect(text.contains("\n\(host.id)  ")) }
        #expect(text.hasSuffix("5 hosts, 3 faults\n"))
    }

    @Test func `a calm cluster is told in a few lines`() {
        #expect(
            StatusText(status: fixture.status).text == """
                Cluster sample, Kubernetes v1.34.2
                  endpoint  apiserver.cluster.local:6443, 10.103.97.2 on workers
                  source    its record, read from 10.0.0.1

                HOST      NODE     ROLE    STATE  KUBELET  API    GUARDIAN  HOSTS FILE
                10.0.0.1  master1  master  Ready  active   ready  -         right
                10.0.0.2  master2  master  Ready  active   ready  -         right
                10.0.0.3  master3  master  Ready  active   ready  -         right
                10.0.1.1  worker1  node    Ready  active   -      in order  right
                10.0.1.2  worker2  node    Ready  active   -      in order  right

                ETCD      MEMBER   STATE     VERSION  SIZE
                10.0.0.1  master1  follower  3.5.9    4000 kB
                10.0.0.2  master2  leader    3.5.9    4000 kB
                10.0.0.3  master3  follower  3.5.9    4000 kB

                Certificates: of 8, the first is apiserver on 10.0.0.1: it ends in 3650 days,
                  on 2036-11-18

                5 hosts, all in order

                """)
    }

    @Test func `the JSON keeps its keys`() throws {
        let object = try JSONDecoder().decode(Shape.self, from: StatusDocument(fixture.status).json())
        #expect(object.format == 1)
        #expect(object.inOrder)
        #expect(object.hosts.map(\.host) == fixture.spec.hosts.map(\.id.description))
        #expect(object.hosts.first?.certificates.first?.daysLeft == 3650)
        #expect(object.etcd.leader == "2")
        #expect(object.etcd.members.map(\.host) == ["10.0.0.1", "10.0.0.2", "10.0.0.3"])
    }

    private struct Shape: Decodable {
        struct Entry: Decodable {
            let host: String
            let reachable: Bool
            let certificates: [End]
        }
        struct End: Decodable { let daysLeft: Int }
        struct Etcd: Decodable {
            let leader: String
            let members: [Member]
        }
        struct Member: Decodable { let host: String }
        let format: Int
        let inOrder: Bool
        let hosts: [Entry]
        let etcd: Etcd
    }
}
