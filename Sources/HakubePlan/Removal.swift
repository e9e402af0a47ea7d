// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// Which hosts shall leave a cluster, and how.
package struct Removal: Sendable, Hashable {
    /// All of them end: no drain, no membership, nothing remains that would have to learn of it.
    package let isWhole: Bool
    /// The hosts that leave, in the order of the specification.
    package let leaving: [HostID]
    /// Those of them that cannot be reached: they leave the cluster, their disks stay as they are.
    package let dead: Set<HostID>
    /// Other members that cannot be reached now; they learn of nothing.
    package let absent: Set<HostID>
    /// etcd's members as a master told; `nil` where etcd did not answer.
    package let members: [EtcdMember]?
    /// The operator takes it on: pods that nothing would start elsewhere end, and the quorum is not looked at.
    package let isForced: Bool
    /// How long pods may take to leave a node.
    package let drainLimit: Duration
    /// Name of the folder on the operator's machine for keys and snapshot; `nil`: none is wanted.
    package let backup: String?

    package init(
        isWhole: Bool, leaving: [HostID], dead: Set<HostID> = [], absent: Set<HostID> = [],
        members: [EtcdMember]? = nil, isForced: Bool = false, drainLimit: Duration = .seconds(300),
        backup: String? = nil
    ) {
        self.isWhole = isWhole
        self.leaving = leaving
        self.dead = dead
        self.absent = absent
        self.members = members
        self.isForced = isForced
        self.drainLimit = drainLimit
        self.backup = backup
    }

    /// What a backup's folder is called: the same whichever hosts are left when an end that was cut off goes on.
    ///
    /// - Returns: `nil` where no host has anything that could be kept.
    package static func backupName(_ spec: ClusterSpec, _ facts: [HostID: Facts]) -> String? {
        let own = (spec.etcd.hosts + spec.masters).lazy.compactMap { facts[$0.id]?.etcdCADigest }.first
        let cluster = spec.masters.lazy.compactMap { facts[$0.id]?.clusterCADigest }.first
        return ((spec.etcd.hosts.isEmpty ? nil : own) ?? cluster).map { "backup-\($0.prefix(12))" }
    }

    func leaves(_ host: Host) -> Bool { leaving.contains(host.id) }
}
