// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The name and port that every client of the cluster uses, and the address it has on workers.
package struct Endpoint: Sendable, Hashable {
    /// How the guardian runs on a worker.
    package enum GuardianMode: String, Sendable, Hashable, CaseIterable {
        /// A static pod of the kubelet's.
        case pod
        /// A unit of its own, which needs neither kubelet nor container runtime.
        case systemd
    }

    package static let defaultName = "apiserver.cluster.local"
    package static let defaultPort = 6443

    /// DNS name, lower case; each host resolves it through its own /etc/hosts.
    package let name: String
    package let port: Int
    /// What the name means on workers; the guardian balances connections to it.
    package let vip: IPAddress
    package let guardian: GuardianMode

    package init(
        name: String = defaultName, port: Int = defaultPort, vip: IPAddress, guardian: GuardianMode = .pod
    ) {
        self.name = name
        self.port = port
        self.vip = vip
        self.guardian = guardian
    }

    /// `name:port`, kubeadm's controlPlaneEndpoint.
    package var authority: String { "\(name):\(port)" }
}
