// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel
package import HakubeTransport

/// Opens SSH connections; all hosts of a run share its answers to questions and its known_hosts file.
package struct SSHConnector: Connector {
    private let configuration: SSHConfiguration
    private let config: ClientConfig
    private let knownHosts: KnownHosts
    private let vault = SecretVault()
    private let gate: HandshakeGate

    package init(_ configuration: SSHConfiguration) {
        self.configuration = configuration
        config = configuration.configPath.map { ClientConfig(path: $0) } ?? ClientConfig()
        knownHosts = KnownHosts(path: configuration.knownHostsPath, others: configuration.otherKnownHostsPaths)
        gate = HandshakeGate(width: configuration.handshakesAtOnce)
    }

    package func connect(to host: Host) async throws -> any Transport {
        let login = try Login(to: host, config: config, configuration)
        try await gate.enter()
        defer { gate.leave() }
        let session = try SSHSession(login: login, configuration: configuration, vault: vault)
        let wakeup = try Wakeup()
        try await withTaskCancellationHandler {
            try await session.open(as: host.id, knownHosts: knownHosts, wakeup)
        } onCancel: {
            wakeup.raise()
        }
        return SSHTransport(session: session)
    }
}
