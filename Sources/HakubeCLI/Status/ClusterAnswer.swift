// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel
import HakubeTransport

/// What a serving master said about its cluster.
struct ClusterAnswer: Sendable, Hashable {
    /// A bootstrap token, without its secret.
    struct Token: Sendable, Hashable {
        /// The public half, as `kubeadm token list` shows it before the dot.
        let id: String
        /// RFC 3339; `nil`: it never ends.
        let expiry: String?
        /// Whoever has it can join hosts.
        let letsIn: Bool
        let description: String
    }

    var nodes: [ClusterNode] = []
    /// kubeadm's ClusterConfiguration, and kube-proxy's, as YAML; empty where there is none.
    var kubeadm = ""
    var proxy = ""
    var tokens: [Token] = []
    /// The Secret with the encrypted certificates of the control plane is there; the token it ends with.
    var uploadedKeys: (isThere: Bool, endsWith: String?) {
        (
            keys != nil,
            keys?.split(separator: "|").dropFirst().first.map { String($0.replacing("bootstrap-token-", with: "")) }
        )
    }
    private var keys: String?
    /// The cluster's own record.
    var record: String?
    var hostname = ""
    var hosts = ""

    init() {}

    /// `nil` when the host did not say all of it, or its API server had no nodes to tell of.
    init?(_ output: ScriptOutput) {
        guard let words = HostWords(output) else { return nil }
        for (key, data) in words.pairs {
            let text = String(decoding: data, as: UTF8.self)
            switch key {
            case "nodes": nodes = ClusterNode.list(data)
            case "kubeadm": kubeadm = text
            case "proxy": proxy = text
            case "tokens": tokens = text.split(separator: "\n").compactMap { Self.token(String($0)) }
            case "keys": keys = text.isEmpty ? nil : text
            case "record": record = text.isEmpty ? nil : text
            case "hostname": hostname = text.filter { !$0.isWhitespace }
            case "hosts": hosts = text
            default: break
            }
        }
        guard !nodes.isEmpty else { return nil }
    }

    private static func token(_ line: String) -> Token? {
        let fields = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 4, fields[0].hasPrefix("bootstrap-token-") else { return nil }
        func text(_ field: String) -> String {
            Data(base64Encoded: field).map { String(decoding: $0, as: UTF8.self) } ?? ""
        }
        let expiry = text(fields[1])
        return Token(
            id: String(fields[0].dropFirst("bootstrap-token-".count)), expiry: expiry.isEmpty ? nil : expiry,
            letsIn: text(fields[2]) == "true", description: text(fields[3]))
    }
}

/// A node as the API server knows it.
struct ClusterNode: Sendable, Hashable {
    let name: String
    let isMaster: Bool
    let addresses: [IPAddress]
    /// `nil`: the kubelet has never said.
    let isReady: Bool?
    /// Why the node is not Ready, in the words of whoever noticed.
    let reason: String
    let kubeletVersion: String
    let labels: [String: String]
    /// As kubectl writes them.
    let taints: Set<String>
    let isUnschedulable: Bool

    static func list(_ json: Data) -> [ClusterNode] {
        ((try? JSONDecoder().decode(List.self, from: json))?.items ?? []).map { item in
            let labels = item.metadata.labels ?? [:]
            let ready = item.status.conditions?.first { $0.type == "Ready" }
            let taints = (item.spec.taints ?? []).map { taint in
                "\(taint.key)\(taint.value.map { $0.isEmpty ? "" : "=\($0)" } ?? ""):\(taint.effect)"
            }
            let roles = ["control-plane", "master"].map { "node-role.kubernetes.io/\($0)" }
            return ClusterNode(
                name: item.metadata.name, isMaster: roles.contains { labels[$0] != nil },
                addresses: (item.status.addresses ?? []).filter { $0.type == "InternalIP" }
                    .compactMap { IPAddress($0.address) },
                isReady: ready.map { $0.status == "True" }, reason: ready?.message ?? ready?.reason ?? "",
                kubeletVersion: item.status.nodeInfo?.kubeletVersion ?? "", labels: labels, taints: Set(taints),
                isUnschedulable: item.spec.unschedulable ?? false)
        }
    }

    private struct List: Decodable { let items: [Item] }

    private struct Item: Decodable {
        struct Metadata: Decodable {
            let name: String
            let labels: [String: String]?
        }
        struct Spec: Decodable {
            let taints: [TaintItem]?
            let unschedulable: Bool?
        }
        struct TaintItem: Decodable {
            let key: String
            let value: String?
            let effect: String
        }
        struct Status: Decodable {
            let conditions: [Condition]?
            let addresses: [Address]?
            let nodeInfo: Info?
        }
        struct Condition: Decodable {
            let type: String
            let status: String
            let reason: String?
            let message: String?
        }
        struct Address: Decodable {
            let type: String
            let address: String
        }
        struct Info: Decodable { let kubeletVersion: String }

        let metadata: Metadata
        let spec: Spec
        let status: Status
    }
}
