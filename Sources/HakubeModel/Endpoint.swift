// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The name and port that every client of the cluster uses, and the address it has on workers.
package struct Endpoint: Sendable, Hashable {
    package static let defaultName = "apiserver.cluster.local"
    package static let defaultPort = 6443

    /// DNS name, lower case; each host resolves it through its own /etc/hosts.
    package let name: String
    package let port: Int
    /// What the name means on workers; the guardian balances connections to it.
    package let vip: IPAddress

    package init(name: String = defaultName, port: Int = defaultPort, vip: IPAddress) {
        self.name = name
        self.port = port
        self.vip = vip
    }

    /// `name:port`, kubeadm's controlPlaneEndpoint.
    package var authority: String { "\(name):\(port)" }
}
