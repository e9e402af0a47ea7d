// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeEngine
import HakubeModel
import HakubeTransport

/// A cluster that stands, and the connections to its hosts.
struct StandingCluster: Sendable {
    /// Where the specification comes from.
    enum Origin: Sendable, Hashable {
        /// The cluster itself: this master's API server, or the copy on this master.
        case cluster(HostID)
        /// This machine's cache, because no master could be asked.
        case cache
        case inventory
    }

    /// Every host has its node's name, unless the specification comes from an inventory.
    let spec: ClusterSpec
    let session: ClusterSession
    let origin: Origin
    /// Masters that were asked already and could not be reached: there is no need to wait for them twice.
    var unreachable: [HostID: TransportError] = [:]
}

/// The record of a cluster in the operator's state folder: where its hosts are and with which keys to log in. Never the truth.
struct RecordCache: Sendable {
    let state: StateFolder

    /// `nil` when there is none.
    ///
    /// - Throws: `ClusterRecordError` for a file that cannot be read.
    func read() throws -> ClusterRecord? {
        guard let data = try? Data(contentsOf: state.record) else { return nil }
        return try ClusterRecord(json: String(decoding: data, as: UTF8.self))
    }

    /// Replaces the file, mode 0600, where it says something else.
    ///
    /// - Throws: `LocalFileError`.
    func write(_ spec: ClusterSpec) throws {
        let data = Data(try ClusterRecord(spec: spec).localJSON().utf8)
        let file = PrivateFile(url: state.record)
        if !file.holds(data) { try file.write(data) }
    }

    /// `spec` with the private keys that were used for its hosts before, where `login` names none. A host that is new takes the
    /// key of all others, if they have one in common.
    static func remembering(_ keysOf: ClusterSpec?, in spec: ClusterSpec) -> ClusterSpec {
        guard let keysOf else { return spec }
        let shared = Set(keysOf.hosts.map(\.access.keyPath))
        return spec.mappingHosts { host in
            var access = host.access
            let known = keysOf.host(host.id).map(\.access.keyPath) ?? (shared.count == 1 ? shared.first ?? nil : nil)
            access.keyPath = access.keyPath ?? known
            return Host(
                id: host.id, role: host.role, sshAddress: host.sshAddress, access: access, address: host.address,
                name: host.name, labels: host.labels, taints: host.taints)
        }
    }
}
