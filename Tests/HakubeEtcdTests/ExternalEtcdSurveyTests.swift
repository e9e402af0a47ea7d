// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
@testable import HakubeEtcd
import HakubeModel
import HakubePlan
import HakubeTestSupport
import HakubeTransport
import Synchronization
import Testing

/// An etcd is asked through a host that only passes bytes on: real TLS, the real script, a shell of this machine.
struct ExternalEtcdSurveyTests {
    private static let well = [
        "/health": #"200 {"health":"true","reason":""}"#,
        "/version": #"200 {"etcdserver":"3.5.21","etcdcluster":"3.5.0"}"#,
        "/v3/cluster/member/list": #"200 {"header":{"cluster_id":"77"},"members":[]}"#,
        "/v3/kv/range": #"200 {"header":{"cluster_id":"77"},"count":"12"}"#,
    ]

    private let pki: EtcdPKI

    init() throws { pki = try EtcdPKI.shared.get() }

    /// Hosts that are this machine.
    private static func hosts(_ environment: [String: String] = [:]) -> FakeHosts {
        let asked = Mutex("")
        return FakeHosts(rules: [
            { _, script in
                if !script.text.hasPrefix("#") { asked.withLock { $0 = script.text } }
                return nil
            }
        ]) { _ in try? LocalTalk(asked.withLock { $0 }, environment: environment) }
    }

    private func reading(
        _ endpoints: [EtcdEndpoint], _ credentials: EtcdCredentials? = nil, documents: [String] = [],
        masters: [String] = ["10.0.0.1"], on hosts: FakeHosts = hosts()
    ) async throws -> ExternalEtcdReading {
        let etcd = Etcd.external(
            ExternalEtcd(endpoints: endpoints, credentials: try credentials ?? pki.credentials()))
        let spec = try SampleCluster.spec(masters: masters, documents: documents, etcd: etcd)
        let survey = try #require(ExternalEtcdSurvey(spec))
        return try await survey.reading(from: spec.masters) { try await hosts.connect(to: $0) }
    }

    private func answer(_ reading: ExternalEtcdReading, _ server: EtcdServer) -> ExternalEtcdReading.Answer? {
        reading.answers[HostID("10.0.0.1")]?[server.endpoint]
    }

    @Test func `an etcd that is well says so, which one it is, and how many keys it has`() async throws {
        let server = try await EtcdServer(pki, answers: Self.well)
        let reading = try await reading([server.endpoint])
        #expect(answer(reading, server) == .said(.init(isHealthy: true, version: "3.5.21")))
        #expect(reading.clusters == [server.endpoint: "77"] && reading.keys == 12)
        let range = try #require(server.requests.last)
        let keys = ["/registry/", "/registry0"].map { Data($0.utf8).base64EncodedString() }
        #expect(
            range
                == #"POST /v3/kv/range {"key":"\#(keys[0])","range_end":"\#(keys[1])","count_only":true}"#)
    }

    @Test func `an old gateway is found, an empty etcd has no keys, and another prefix is asked for`() async throws {
        let old = [
            "/health": #"200 {"health": "true"}"#, "/v3beta/cluster/member/list": #"200 {"header":{"cluster_id":"9"}}"#,
            "/v3beta/kv/range": #"200 {"header":{}}"#,
        ]
        let server = try await EtcdServer(pki, answers: old)
        let document =
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\napiServer: {extraArgs: [{name: etcd-prefix, value: /blue/}]}"
        let reading = try await reading([server.endpoint], documents: [document])
        #expect(answer(reading, server) == .said(.init(isHealthy: true, version: "")))
        #expect(reading.clusters == [server.endpoint: "9"] && reading.keys == 0)
        #expect(try #require(server.requests.last).contains(Data("/blue/".utf8).base64EncodedString()))
    }

    @Test func `one without a leader is heard out`() async throws {
        let server = try await EtcdServer(
            pki, answers: ["/health": #"503 {"health":"false","reason":"RAFT NO LEADER"}"#])
        let reading = try await reading([server.endpoint])
        #expect(answer(reading, server) == .said(.init(isHealthy: false, reason: "RAFT NO LEADER")))
        #expect(reading.keys == nil)
    }

    @Test func `who answers and is no etcd is told apart`() async throws {
        let server = try await EtcdServer(pki, answers: [:])
        let reading = try await reading([server.endpoint])
        #expect(answer(reading, server) == .silent("what answers there is no etcd (HTTP status 404)"))
    }

    @Test func `a server that the CA did not sign, or that is another, is not believed`() async throws {
        let server = try await EtcdServer(pki, answers: Self.well)
        let strange = try await reading([server.endpoint], try pki.credentials(ca: "other"))
        // OpenSSL's word for it differs by whether the server sends its CA along.
        guard case .silent(let reason) = answer(strange, server) else { return #expect(Bool(false), "\(strange)") }
        #expect(reason.hasPrefix("its certificate is not believed: "))
        let elsewhere = try await EtcdServer(pki, answers: Self.well, server: "elsewhere")
        let other = try await reading([elsewhere.endpoint])
        #expect(answer(other, elsewhere) == .silent("its certificate is not believed: IP address mismatch"))
        #expect(server.requests.isEmpty && elsewhere.requests.isEmpty)
    }

    @Test func `an intermediate certificate is believed as CA, as API servers do it`() async throws {
        let server = try await EtcdServer(pki, answers: Self.well, server: "below")
        let reading = try await reading([server.endpoint], try pki.credentials(ca: "intermediate"))
        #expect(answer(reading, server) == .said(.init(isHealthy: true, version: "3.5.21")))
    }

    @Test func `a name that stands in the subject alone counts for nothing`() async throws {
        let server = try await EtcdServer(pki, answers: Self.well, server: "localhost")
        let named = EtcdEndpoint(host: "localhost", port: server.port)
        let reading = try await reading([named])
        #expect(
            reading.answers[HostID("10.0.0.1")]?[named]
                == .silent("its certificate is not believed: hostname mismatch"))
    }

    @Test func `who has no credentials can see who takes connections`() async throws {
        let server = try await EtcdServer(pki, answers: Self.well)
        let nobody = EtcdEndpoint(host: "127.0.0.1", port: 1)
        func reach(_ prelude: String = "") async throws -> [EtcdEndpoint: ExternalEtcdReading.Answer]? {
            let hosts = FakeHosts(rules: [{ _, script in try LocalShell.run(Script("\(prelude)\(script.text)")) }])
            let spec = try SampleCluster.spec(masters: ["10.0.0.1"])
            return try await EndpointReach.reading(of: [server.endpoint, nobody], from: spec.masters) {
                try await hosts.connect(to: $0)
            }.answers[HostID("10.0.0.1")]
        }
        let answers = try await reach()
        #expect(answers == [server.endpoint: .open, nobody: .silent("connection refused")])
        let unasked = ExternalEtcdReading.Answer.unasked("it has no bash")
        let without = try await reach("PATH=/nonexistent\n")
        #expect(without == [server.endpoint: unasked, nobody: unasked])
    }

    @Test func `a name is checked against the certificate, too`() async throws {
        let server = try await EtcdServer(pki, answers: Self.well)
        let named = EtcdEndpoint(host: "localhost", port: server.port)
        let reading = try await reading([named])
        #expect(reading.answers[HostID("10.0.0.1")]?[named] == .said(.init(isHealthy: true, version: "3.5.21")))
    }

    @Test func `a client that etcd does not know is turned away`() async throws {
        let server = try await EtcdServer(pki, answers: Self.well)
        let reading = try await reading([server.endpoint], try pki.credentials(cert: "other", key: "other"))
        guard case .silent(let reason) = answer(reading, server) else { return #expect(Bool(false)) }
        #expect(reason.hasPrefix("TLS: "), "\(reason)")
        #expect(server.requests.isEmpty)
    }

    @Test func `a port where nobody listens is told in the host's own words`() async throws {
        let nobody = EtcdEndpoint(host: "127.0.0.1", port: 1)
        let reading = try await reading([nobody])
        #expect(reading.answers[HostID("10.0.0.1")]?[nobody] == .silent("connection refused"))
    }

    @Test func `every endpoint is asked from every host, the rest once`() async throws {
        let (one, two) = (
            try await EtcdServer(pki, answers: Self.well), try await EtcdServer(pki, answers: Self.well)
        )
        let hosts = Self.hosts()
        let reading = try await reading([one.endpoint, two.endpoint], masters: ["10.0.0.1"], on: hosts)
        #expect(reading.answers[HostID("10.0.0.1")]?.count == 2)
        let counted = one.requests.filter { $0.contains(" /v3/kv/range ") }
        #expect(counted.count == 1)
        #expect(!two.requests.contains { $0.contains("kv/range") })
        #expect(reading.clusters == [one.endpoint: "77", two.endpoint: "77"])
    }

    @Test func `a host without bash cannot be asked from, which is no fault of etcd's`() async throws {
        let server = try await EtcdServer(pki, answers: Self.well)
        let reading = try await reading([server.endpoint], on: Self.hosts(["PATH": "/nonexistent"]))
        #expect(answer(reading, server) == .unasked("it has no bash"))
    }

    @Test func `the key never leaves this machine: what the host is given to run or to pass on does not hold it`()
        async throws
    {
        let server = try await EtcdServer(pki, answers: Self.well)
        let hosts = Self.hosts()
        _ = try await reading([server.endpoint], on: hosts)
        let body = try pki.text("client.key").split(separator: "\n").dropFirst().dropLast()
        #expect(!body.isEmpty)
        for script in hosts.scripts(on: HostID("10.0.0.1")) { for line in body { #expect(!script.contains(line)) } }
    }

    @Test func `files that do not fit each other are told before anybody is asked`() async throws {
        let nobody = [EtcdEndpoint(host: "127.0.0.1", port: 1)]
        for (credentials, words) in [
            (try pki.credentials(key: "other"), "the files `cert` and `key` do not belong together"),
            (
                EtcdCredentials(ca: "rubbish", certificate: try pki.text("client.crt"), key: Secret("x")),
                "the file `ca` has no certificate that can be read"
            ),
            (
                EtcdCredentials(ca: try pki.text("ca.crt"), certificate: try pki.text("client.crt"), key: Secret("x")),
                "the file `key` has no private key that can be read"
            ),
        ] {
            let fault = await #expect(throws: CredentialFault.self) { _ = try await reading(nobody, credentials) }
            #expect(fault?.description == words)
        }
    }

    @Test func `where nobody has the credentials there is no survey`() throws {
        let etcd = Etcd.external(ExternalEtcd(endpoints: [EtcdEndpoint(host: "10.0.0.21")]))
        #expect(ExternalEtcdSurvey(try SampleCluster.spec(masters: ["10.0.0.1"], etcd: etcd)) == nil)
        #expect(ExternalEtcdSurvey(try SampleCluster.spec(masters: ["10.0.0.1"])) == nil)
    }
}
