// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeTransport

/// What a host of a standing cluster said about itself.
struct HostAnswer: Sendable, Hashable {
    /// Seconds since 1970.
    var clock = 0
    var hostname = ""
    /// systemd's words: `active`, `inactive`, `failed`, `unknown`.
    var kubelet = ""
    var runtime = ""
    var hosts = ""
    /// SHA-256 of the cluster's CA certificate.
    var clusterCA: String?
    /// SHA-256 of the CA certificate by which members of etcd know each other.
    var etcdCA: String?
    /// URLs that a master's API server is given, with commas.
    var etcdServers = ""
    /// PEM by short name: `apiserver`, `etcd/peer`, `admin.conf`, `kubelet-client`.
    var certificates: [String: String] = [:]
    /// Whether this master's API server said that it is ready, and its last line.
    var ready: (isReady: Bool, words: String)? {
        readiness.map { ($0.status == 0, $0.words) }
    }
    private var readiness: Readiness?
    /// The same by the way of this worker's kubelet.
    var endpoint: (isReady: Bool, words: String)? {
        reach.map { ($0.status == 0, $0.words) }
    }
    private var reach: Readiness?
    /// The address that moves between masters stands on an interface of this one.
    var holdsVIP = false
    /// What of the endpoint's programs runs on this master: `keepalived`, `haproxy`, `kube-vip`.
    var fronts: Set<String> = []
    /// JSON of `etcdctl endpoint status`, `member list` and `endpoint health`; empty where there was no answer.
    var etcdStatus = ""
    var etcdMembers = ""
    var etcdHealth = ""
    var guardian: GuardianAnswer?

    private struct Readiness: Sendable, Hashable {
        let status: Int
        let words: String
    }

    init() {}

    /// `nil` when the host did not say all of it.
    init?(_ output: ScriptOutput) {
        var isWhole = false
        for line in output.out.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            let data = parts.count == 2 ? Data(base64Encoded: String(parts[1])) : Data()
            let text = String(decoding: data ?? Data(), as: UTF8.self)
            switch parts.first {
            case "clock": clock = Int(text) ?? 0
            case "hostname": hostname = text
            case "kubelet": kubelet = text
            case "runtime": runtime = text
            case "hosts": hosts = text
            case "ca": clusterCA = text
            case "etcdCA": etcdCA = text
            case "etcdServers": etcdServers = text
            case "certificate":
                let (name, pem) = Self.halves(text, at: "\n")
                if !pem.isEmpty { certificates[name] = pem }
            case "ready":
                let (status, words) = Self.halves(text, at: " ")
                readiness = Readiness(status: Int(status) ?? 1, words: words)
            case "endpoint":
                let (status, words) = Self.halves(text, at: " ")
                reach = Readiness(status: Int(status) ?? 1, words: words)
            case "vip": holdsVIP = text == "yes"
            case "front": fronts.insert(text)
            case "etcd": etcdStatus = text
            case "members": etcdMembers = text
            case "etcdHealth": etcdHealth = text
            case "guardian":
                let (status, said) = Self.halves(text, at: "\n")
                guardian = GuardianAnswer(ScriptOutput(status: Int(status) ?? 1, out: said))
            case "end": isWhole = true
            default: break
            }
        }
        guard isWhole else { return nil }
    }

    private static func halves(_ text: String, at separator: Character) -> (String, String) {
        let parts = text.split(separator: separator, maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return (parts[0], parts.count == 2 ? parts[1] : "")
    }
}
