// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel
import HakubeTestSupport
import HakubeTransport

@testable import HakubeCLI

/// Three masters and two workers that are well, as texts that can be changed.
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

    init() throws {
        spec = try SampleCluster.spec(
            masters: ["10.0.0.1", "10.0.0.2", "10.0.0.3"], nodes: ["10.0.1.1", "10.0.1.2"], labels: ["disk": "ssd"])
        moment = try Date(Self.day, strategy: .iso8601)
        nodes = ""
        for host in spec.hosts { said[host.id] = Self.well(host, spec) }
        nodes = "{\"items\": [\(spec.hosts.map(Self.node).joined(separator: ","))]}"
    }

    private static func well(_ host: Host, _ spec: ClusterSpec) -> [(String, String)] {
        let wanted = spec.endpoint.meaning(on: host)?.description ?? ""
        let number = spec.masters.firstIndex { $0.id == host.id }.map { $0 + 1 } ?? 0
        let block =
            "127.0.0.1 localhost\n# hakube begin sample\n\(wanted) apiserver.cluster.local\n# hakube end sample\n"
        let common = [
            ("clock", "1795262400"), ("hostname", host.name ?? ""), ("kubelet", "active"), ("runtime", "active"),
            ("hosts", block), ("ca", "c0ffee"), ("certificate", "kubelet-client\n\(SampleCertificate.apiServer)"),
        ]
        guard host.role == .master else {
            return common + [("guardian", "0\n\(GuardianFixture.calm)"), ("end", "yes")]
        }
        let members = (1...3).map {
            #"{"ID":\#($0),"name":"master\#($0)","peerURLs":["https://10.0.0.\#($0):2380"]}"#
        }
        let status =
            #"[{"Status":{"header":{"member_id":\#(number)},"version":"3.5.9","dbSize":4000000,"leader":2}}]"#
        return common + [
            ("certificate", "apiserver\n\(SampleCertificate.apiServer)"), ("ready", "0 ok"), ("etcd", status),
            ("members", #"{"members":[\#(members.joined(separator: ","))]}"#), ("etcdHealth", #"[{"health":true}]"#),
            ("end", "yes"),
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
