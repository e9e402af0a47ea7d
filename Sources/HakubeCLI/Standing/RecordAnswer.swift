// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel
import HakubePlan
import HakubeTransport

/// What a host has to say about the cluster it belongs to.
struct RecordAnswer: Sendable, Hashable {
    /// The Secret's text, when the API server was asked and has one.
    var secret: String?
    /// The API server answered, with or without a record.
    var apiAnswered = false
    /// The copy on the host itself.
    var file: String?
    /// The host has the admin's kubeconfig.
    var isMaster = false
    /// The host has a kubelet of a cluster.
    var hasKubelet = false
    /// The host is one of etcd's own.
    var isEtcdHost = false
    /// Masters that the guardian of a worker balances over.
    var guardedMasters: [String] = []

    /// Asks a host; it reads only. The Secret is asked of the API server that the host itself uses.
    static let question = Script(
        """
        set +eu
        {
        if [ -f \(HostFiles.adminKubeconfig) ]; then
            echo master yes
            record=$(kubectl --kubeconfig \(HostFiles.adminKubeconfig) --request-timeout 5s \\
                -n \(ClusterRecord.secretNamespace) get secret \(ClusterRecord.secretName) --ignore-not-found \\
                -o 'jsonpath={.data.cluster\\.json}' 2>/dev/null) && echo api yes && echo "secret $record"
        fi
        [ -f \(ClusterRecord.path) ] && echo "file $(base64 <\(ClusterRecord.path) | tr -d '\\n')"
        [ -f \(HostFiles.kubeletKubeconfig) ] && echo kubelet yes
        [ -f \(HostFiles.kubeadmEtcd) ] && echo etcd yes
        [ -f \(HostFiles.guardianConfiguration) ] &&
            echo "guardian $(base64 <\(HostFiles.guardianConfiguration) | tr -d '\\n')"
        echo end yes
        } </dev/null
        """, timeout: .seconds(30))

    init() {}

    /// `nil` when the host did not say all of it.
    init?(_ output: ScriptOutput) {
        var isWhole = false
        for line in output.out.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            let value = parts.count == 2 ? String(parts[1]) : ""
            switch parts.first {
            case "master": isMaster = true
            case "api": apiAnswered = true
            case "secret": secret = Self.text(value)
            case "file": file = Self.text(value)
            case "kubelet": hasKubelet = true
            case "etcd": isEtcdHost = true
            case "guardian": guardedMasters = Self.masters(Self.text(value) ?? "")
            case "end": isWhole = true
            default: break
            }
        }
        guard isWhole else { return nil }
    }

    private static func text(_ base64: String) -> String? {
        guard let data = Data(base64Encoded: base64), !data.isEmpty else { return nil }
        return String(decoding: data, as: UTF8.self)
    }

    private struct GuardianFile: Decodable {
        let real: [String]
    }

    /// Addresses without ports.
    private static func masters(_ json: String) -> [String] {
        let servers = (try? JSONDecoder().decode(GuardianFile.self, from: Data(json.utf8)))?.real ?? []
        return servers.map { server in
            let host = server.lastIndex(of: ":").map { String(server[..<$0]) } ?? server
            return host.filter { $0 != "[" && $0 != "]" }
        }
    }
}
