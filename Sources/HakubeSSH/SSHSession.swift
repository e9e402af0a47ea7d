// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTransport

/// One connection, used by one task at a time, on a thread of its own.
actor SSHSession {
    nonisolated let login: Login
    let configuration: SSHConfiguration
    let vault: SecretVault
    private nonisolated let executor: ThreadExecutor
    /// `nil` before `open` and after `close`.
    var session: LibSSH2Session?
    var privilege = Privilege.direct

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(login: Login, configuration: SSHConfiguration, vault: SecretVault) throws {
        self.login = login
        self.configuration = configuration
        self.vault = vault
        executor = try ThreadExecutor(idleInterval: configuration.keepaliveInterval)
        executor.onIdle { [weak self] in self?.assumeIsolated { $0.keepAlive() } }
    }

    nonisolated var peer: String { login.peer }

    func close() {
        session?.disconnect()
        session = nil
    }

    /// A channel opened and closed: the only call without side effects that also reads what the server sent meanwhile,
    /// its own keepalive questions above all, and that wakes firewalls which forget silent connections.
    private func keepAlive() {
        guard let session, session.isUsable else { return }
        session.probe(until: Deadline(after: configuration.connectTimeout))
    }

    /// The session, if it still works.
    func usable() throws -> LibSSH2Session {
        guard let session, session.isUsable else {
            throw lost("the connection is closed")
        }
        return session
    }

    func lost(_ message: String) -> TransportError {
        TransportError(
            .lost, peer: peer, message: message,
            remedy: "check the host and the network, then run the same command again; it continues where it stopped")
    }
}
