// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import Yams

/// Adds names to the ClusterConfiguration that a cluster keeps of itself, and brings its list of etcd's endpoints up to date, as
/// a merge patch of the ConfigMap kubeadm-config.
struct ClusterConfigurationPatch {
    /// The names that were missing.
    let added: [String]
    /// The list of etcd's endpoints was another one.
    let changesMembers: Bool
    let json: String

    /// - Parameters:
    ///   - text: ClusterConfiguration as the cluster has it.
    ///   - endpoint: what its controlPlaneEndpoint shall be; `nil` leaves it.
    ///   - members: endpoints of an etcd that is not on the masters; `nil` leaves them alone.
    /// - Returns: `nil` when nothing is to be changed, or when the text is no map.
    init?(_ text: String, adding names: [String], endpoint: String? = nil, members: [String]? = nil) {
        guard let document = try? Yams.compose(yaml: text), case .mapping(var root) = document else { return nil }
        var server = root["apiServer"]?.mapping ?? Node.Mapping([])
        let present = server["certSANs"]?.array().compactMap(\.string) ?? []
        added = names.filter { !present.contains($0) }
        var etcd = root["etcd"]?.mapping ?? Node.Mapping([])
        var external = etcd["external"]?.mapping ?? Node.Mapping([])
        let standing = external["endpoints"]?.array().compactMap(\.string) ?? []
        // A cluster that says nothing of an etcd elsewhere has none.
        changesMembers = !standing.isEmpty && members != nil && members != standing
        let moves = endpoint.map { $0 != root["controlPlaneEndpoint"]?.string } ?? false
        guard !added.isEmpty || moves || changesMembers else { return nil }
        if let endpoint { root["controlPlaneEndpoint"] = Node(endpoint) }
        if !added.isEmpty {
            server["certSANs"] = Node.sequence(Node.Sequence((present + added).map { Node($0) }))
            root["apiServer"] = .mapping(server)
        }
        if changesMembers, let members {
            external["endpoints"] = Node.sequence(Node.Sequence(members.map { Node($0) }))
            etcd["external"] = .mapping(external)
            root["etcd"] = .mapping(etcd)
        }
        guard let whole = try? Yams.serialize(node: .mapping(root), width: -1),
            let json = ConfigMapPatch(["ClusterConfiguration": whole]).json
        else { return nil }
        self.json = json
    }
}

/// Takes masters out of the ClusterStatus that kubeadm kept until 1.21.
struct ClusterStatusPatch {
    let json: String

    /// - Returns: `nil` when none of them stands there.
    init?(_ text: String, removing names: [String]) {
        guard let document = try? Yams.compose(yaml: text), case .mapping(var root) = document,
            var endpoints = root["apiEndpoints"]?.mapping
        else { return nil }
        let present = names.filter { endpoints[$0] != nil }
        guard !present.isEmpty else { return nil }
        for name in present { endpoints[name] = nil }
        root["apiEndpoints"] = .mapping(endpoints)
        guard let whole = try? Yams.serialize(node: .mapping(root), width: -1),
            let json = ConfigMapPatch(["ClusterStatus": whole]).json
        else { return nil }
        self.json = json
    }
}

/// A merge patch of a ConfigMap's data (RFC 7396).
struct ConfigMapPatch: Encodable {
    let data: [String: String]

    init(_ data: [String: String]) { self.data = data }

    var json: String? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) }
    }
}
