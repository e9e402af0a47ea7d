// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Yams

/// Lays the user's kubeadm documents over hakube's own, kind by kind.
///
/// Maps are merged key by key, the user's value wins; lists of named things (`name: …`) are merged by name; certSANs are a
/// union, so that no name hakube needs can be lost; any other list is the user's. `apiVersion` and `kind` stay hakube's.
struct KubeadmMerge {
    let documents: [String]

    /// `text` with every document of a kind that stands in it merged; other kinds are left for other files.
    func applied(to text: String) throws -> String {
        let additions = try documents.flatMap { try Array(Yams.compose_all(yaml: $0)) }
        let kinds = Set(additions.compactMap { $0["kind"]?.string })
        let parts = text.components(separatedByMarker: "---\n")
        return try parts.map { part in
            guard let own = try Yams.compose(yaml: part), let kind = own["kind"]?.string, kinds.contains(kind) else {
                return part
            }
            let merged = additions.filter { $0["kind"]?.string == kind }.reduce(own) { overlay($1, on: $0, key: "") }
            let comment = part.prefix { $0 != "\n" }
            return (comment.hasPrefix("#") ? comment + "\n" : "") + (try Yams.serialize(node: merged, width: -1))
        }.joined(separator: "---\n")
    }

    /// Without what is said about members of etcd, where those are on hosts of their own: kubeadm takes one form or the other.
    func onMasters(of spec: ClusterSpec) throws -> KubeadmMerge {
        guard !spec.etcdTopology.isStacked else { return self }
        return try selecting {
            $0 == "ClusterConfiguration"
        } keeping: {
            $0 != "etcd"
        }
    }

    /// Of what is said about the cluster only what is about members of etcd.
    var ofEtcd: KubeadmMerge {
        get throws {
            let own = try selecting {
                $0 == "ClusterConfiguration"
            } keeping: {
                $0 == "etcd"
            }
            return try own.selecting {
                $0 == "InitConfiguration"
            } keeping: { _ in
                false
            }
        }
    }

    /// Of what is said about kubelets only what is about the machine: one that serves no cluster has nobody to ask who may
    /// do what, and does not start where it is told to ask.
    var ofEtcdKubelet: KubeadmMerge {
        get throws {
            let kept: Set = ["cgroupDriver", "systemReserved", "kubeReserved", "evictionHard"]
            return try selecting {
                $0 == "KubeletConfiguration"
            } keeping: {
                kept.contains($0)
            }
        }
    }

    /// The documents, of some kinds only some keys.
    private func selecting(_ isOfKind: (String) -> Bool, keeping: (String) -> Bool) throws -> KubeadmMerge {
        let parts = try documents.flatMap { try Array(Yams.compose_all(yaml: $0)) }
        return KubeadmMerge(
            documents: try parts.map { part in
                guard case .mapping(let mapping) = part, isOfKind(part["kind"]?.string ?? "") else {
                    return try Yams.serialize(node: part, width: -1)
                }
                let kept = mapping.filter { key, _ in
                    ["apiVersion", "kind"].contains(key.string) || keeping(key.string ?? "")
                }
                return try Yams.serialize(node: .mapping(Node.Mapping(kept.map { ($0.key, $0.value) })), width: -1)
            })
    }

    private func overlay(_ addition: Node, on own: Node, key: String) -> Node {
        if case .mapping(let ours) = own, case .mapping(let theirs) = addition {
            var result = ours
            for (name, value) in theirs where !["apiVersion", "kind"].contains(name.string ?? "") {
                result[name] = result[name].map { overlay(value, on: $0, key: name.string ?? "") } ?? value
            }
            return .mapping(result)
        }
        if case .sequence(let ours) = own, case .sequence(let theirs) = addition {
            if key == "certSANs" { return .sequence(union(ours, theirs)) }
            if theirs.allSatisfy({ $0["name"] != nil }) { return .sequence(byName(ours, theirs)) }
        }
        return addition
    }

    private func union(_ ours: Node.Sequence, _ theirs: Node.Sequence) -> Node.Sequence {
        var result = ours
        let known = Set(ours.compactMap(\.string))
        result.append(contentsOf: theirs.filter { !known.contains($0.string ?? "") })
        return result
    }

    private func byName(_ ours: Node.Sequence, _ theirs: Node.Sequence) -> Node.Sequence {
        let replaced = Set(theirs.compactMap { $0["name"]?.string })
        var result = Node.Sequence(ours.filter { !replaced.contains($0["name"]?.string ?? "") }, ours.tag, ours.style)
        result.append(contentsOf: theirs)
        return result
    }
}

extension String {
    fileprivate func components(separatedByMarker marker: String) -> [String] {
        split(separator: marker, omittingEmptySubsequences: true).map(String.init)
    }
}
