// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan
import Yams

/// The admin's kubeconfig of a cluster, and how its entries go into a file with others.
struct Kubeconfig {
    /// As kubeadm wrote it, with another server in it.
    let text: String
    private let certificateAuthority: String
    private let server: String
    private let user: Yams.Node

    /// - Throws: `PreflightError` when the text is no kubeconfig of one cluster.
    init(_ text: String, server: String, place: String) throws {
        func refused() -> PreflightError {
            PreflightError(problems: [
                Problem(
                    place: place, message: "\(HostFiles.adminKubeconfig) is no kubeconfig of one cluster",
                    remedy:
                        "look at the file on that master, or make it anew with 'kubeadm init phase kubeconfig admin'")
            ])
        }
        guard let root = try? Yams.compose(yaml: text),
            let authority = root["clusters"]?[0]?["cluster"]?["certificate-authority-data"]?.string,
            let user = root["users"]?[0]?["user"]
        else { throw refused() }
        certificateAuthority = authority
        self.server = server
        self.user = user
        self.text = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let indent = line.prefix { $0 == " " }
            return line.dropFirst(indent.count).hasPrefix("server: ") ? "\(indent)server: \(server)" : String(line)
        }.joined(separator: "\n")
    }

    /// `other` with this cluster's three entries, named after the cluster: `NAME`, user `NAME-admin`, context `NAME`. Entries of
    /// other names stay as they are; the current context is set only where there is none.
    ///
    /// - Throws: `KubeconfigError` when `other` is no kubeconfig, or has an entry of that name for another cluster.
    func merged(into other: String?, as name: String, force: Bool = false) throws -> String {
        let fresh = try Yams.compose(yaml: "{apiVersion: v1, kind: Config, preferences: {}}")
        let composed: Yams.Node?
        do { composed = try other.flatMap { try Yams.compose(yaml: $0) } } catch {
            throw KubeconfigError("it is no YAML")
        }
        // An empty file composes to nothing.
        guard var root = (composed.flatMap { $0.isEmptyDocument ? nil : $0 } ?? fresh)?.mapping else {
            throw KubeconfigError("it is no kubeconfig")
        }
        if let kind = root["kind"]?.string, kind != "Config" { throw KubeconfigError("it is a \(kind), no kubeconfig") }
        let standing = try entries(root["clusters"]).first { $0["name"]?.string == name }
        let authority = standing?["cluster"]?["certificate-authority-data"]?.string
        if standing != nil, authority != certificateAuthority, !force {
            throw KubeconfigError(
                "it has a cluster \(name) already, with another CA",
                remedy: "merge with --force, or under another --name")
        }
        let cluster: Yams.Node = [
            "name": Yams.Node(name),
            "cluster": ["certificate-authority-data": Yams.Node(certificateAuthority), "server": Yams.Node(server)],
        ]
        let admin = "\(name)-admin"
        let account: Yams.Node = ["name": Yams.Node(admin), "user": user]
        let context: Yams.Node = [
            "name": Yams.Node(name), "context": ["cluster": Yams.Node(name), "user": Yams.Node(admin)],
        ]
        for (key, entry) in [("clusters", cluster), ("users", account), ("contexts", context)] {
            root[key] = try replaced(root[key], by: entry)
        }
        if (root["current-context"]?.string ?? "").isEmpty { root["current-context"] = Yams.Node(name) }
        return try Yams.serialize(node: .mapping(root), width: -1, allowUnicode: true)
    }

    private func entries(_ node: Yams.Node?) throws -> [Yams.Node] {
        guard let node, node.scalar?.string.isNothing != true else { return [] }
        guard let sequence = node.sequence else { throw KubeconfigError("it is no kubeconfig") }
        return Array(sequence)
    }

    private func replaced(_ node: Yams.Node?, by entry: Yams.Node) throws -> Yams.Node {
        var all = try entries(node)
        if let index = all.firstIndex(where: { $0["name"]?.string == entry["name"]?.string }) {
            all[index] = entry
        } else {
            all.append(entry)
        }
        return Yams.Node(all)
    }
}

/// A file that a cluster's entries cannot be merged into.
struct KubeconfigError: Error, Sendable, Hashable {
    let message: String
    let remedy: String

    init(_ message: String, remedy: String = "name a kubeconfig file, or one that is not there yet") {
        self.message = message
        self.remedy = remedy
    }
}

extension Yams.Node {
    fileprivate var isEmptyDocument: Bool { scalar?.string.isNothing == true }
}

extension String {
    /// How YAML writes nothing.
    fileprivate var isNothing: Bool { isEmpty || self == "null" || self == "~" }
}
