// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel
import HakubeTestSupport
import HakubeTransport

@testable import HakubeCLI

/// Three masters and two workers that are well, as texts that can be changed; where etcd has hosts of its own, three of them.
struct StatusFixture {
    static let day = "2026-11-21T12:00:00Z"
    let spec: ClusterSpec
    var moment: Date
    /// What each host prints, key by key.
    var said: [HostID: [(String, String)]] = [:]
    var silent: [HostID: TransportError] = [:]
    var nodes: String
    var tokens = ""
    var keys = ""
    var origin = StandingCluster.Origin.cluster(HostID("10.0.0.1"))
    var hasCluster = true

    init(etcd: Etcd = .stacked, endpoint: Endpoint? = nil) throws {
        spec = try SampleCluster.spec(
            masters: ["10.0.0.1", "10.0.0.2", "10.0.0.3"], nodes: ["10.0.1.1", "10.0.1.2"], labels: ["disk": "ssd"],
            endpoint: endpoint, etcd: etcd)
        moment = try Date(Self.day, strategy: .iso8601)
        nodes = ""
        for host in spec.hosts { said[host.id] = Self.well(host, spec) }
        nodes = "{\"items\": [\(spec.kubernetesHosts.map(Self.node).joined(separator: ","))]}"
    }

    private static func well(_ host: Host, _ spec: ClusterSpec) -> [(String, String)] {
        let wanted = spec.endpoint.meaning(on: host)?.description ?? ""
        let block =
            "127.0.0.1 localhost\n# hakube begin sample\n\(wanted) apiserver.cluster.local\n# hakube end sample\n"
        let common = [
            ("clock", "1795262400"), ("hostname", host.name ?? ""), ("kubelet", "active"), ("runtime", "active"),
        ]
        let node = [
            ("hosts", block), ("ca", "c0ffee"), ("certificate", "kubelet-client\n\(SampleCertificate.apiServer)"),
        ]
        let server = [("certificate", "apiserver\n\(SampleCertificate.apiServer)"), ("ready", "0 ok")]
        let own: [(String, String)] =
            switch host.role {
            case .master: node + server
            case .node:
                node + [
                    spec.endpoint.guardian == nil ? ("endpoint", "0 ok") : ("guardian", "0\n\(GuardianFixture.calm)")
                ]
            case .etcd: [("etcdCA", "beef"), ("certificate", "etcd/server\n\(SampleCertificate.apiServer)")]
            }
        return common + own + member(host, spec) + [("end", "yes")]
    }

    /// What a host says of the member on it, if there is one.
    private static func member(_ host: Host, _ spec: ClusterSpec) -> [(String, String)] {
        let carriers = spec.etcd == .stacked ? spec.masters : spec.etcd.hosts
        guard let index = carriers.firstIndex(where: { $0.id == host.id }) else { return [] }
        let members = carriers.enumerated().map {
            #"{"ID":\#($0 + 1),"name":"\#($1.name ?? "")","peerURLs":["https://\#($1.address):2380"]}"#
        }
        let status =
            #"[{"Status":{"header":{"member_id":\#(index + 1)},"version":"3.5.9","dbSize":4000000,"leader":2}}]"#
        return [
            ("etcd", status), ("members", #"{"members":[\#(members.joined(separator: ","))]}"#),
            ("etcdHealth", #"[{"health":true}]"#),
        ]
    }

    private static func node(_ host: Host) -> String {
        let role = host.role == .master ? #""node-role.kubernetes.io/control-plane":"","# : ""
        return #"{"metadata":{"name":"\#(host.name ?? "")","labels":{\#(role)"disk":"ssd"}},"spec":{},"status":{"#
            + #""conditions":[{"type":"Ready","status":"True","message":"well"}],"#
            + #""addresses":[{"type":"InternalIP","address":"\#(host.address)"}],"#
            + #""nodeInfo":{"kubeletVersion":"v1.34.2"}}}"#
    }

    static func encoded(_ pairs: [(String, String)]) -> ScriptOutput {
        let lines = pairs.map { "\($0) \(Data($1.utf8).base64EncodedString())\n" }
        return ScriptOutput(status: 0, out: lines.joined())
    }

    /// The text behind a key of a host's answer, changed.
    mutating func change(_ host: String, _ key: String, _ part: String, to text: String) {
        let id = HostID(host)
        said[id] = said[id]?.map { $0.0 == key ? ($0.0, part.isEmpty ? text : $0.1.replacing(part, with: text)) : $0 }
    }

    var clusterOutput: ScriptOutput {
        Self.encoded([
            ("nodes", nodes), ("kubeadm", ""), ("tokens", tokens), ("keys", keys), ("hostname", "master1"),
            ("end", "yes"),
        ])
    }

    var status: ClusterStatus {
        var replies: [HostID: HostReply] = [:]
        for (host, pairs) in said {
            replies[host] = HostAnswer(Self.encoded(pairs)).map { .said($0) } ?? .unclear("sh: oops")
        }
        for (host, error) in silent { replies[host] = .silent(error) }
        return StatusInspection(
            spec: spec, origin: origin, moment: moment, replies: replies,
            cluster: hasCluster ? ClusterAnswer(clusterOutput) : nil
        ).status
    }

    /// `severity place: message` of everything found.
    var sentences: [String] {
        status.findings.map { "\($0.severity.rawValue) \($0.problem.place): \($0.problem.message)" }
    }
}
