// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// A member of the cluster's etcd, as its members tell.
package struct EtcdMember: Sendable, Hashable {
    package let id: UInt64
    /// Empty until the member has started for the first time.
    package let name: String
    package let peerURLs: [String]
    package let clientURLs: [String]
    package let isLearner: Bool
    /// It answered, and without an error of its own.
    package let isHealthy: Bool
    package let isLeader: Bool

    package init(
        id: UInt64, name: String, peerURLs: [String], clientURLs: [String], isLearner: Bool, isHealthy: Bool,
        isLeader: Bool
    ) {
        self.id = id
        self.name = name
        self.peerURLs = peerURLs
        self.clientURLs = clientURLs
        self.isLearner = isLearner
        self.isHealthy = isHealthy
        self.isLeader = isLeader
    }

    /// The member that runs, or ran, on a host. By peer URL: a name may have gone to another host meanwhile.
    package func runs(on host: Host) -> Bool { peerURLs.contains(Self.peerURL(of: host)) }

    /// It has run at least once: a member tells the others its client URLs as soon as it serves.
    package var hasStarted: Bool { !name.isEmpty && !clientURLs.isEmpty }

    /// kubeadm's peer port is fixed.
    package static func peerURL(of host: Host) -> String {
        EtcdEndpoint(host: host.address.description, port: EtcdEndpoint.peerPort).description
    }

    /// As etcdctl takes it.
    package var hexID: String { String(id, radix: 16) }
}
