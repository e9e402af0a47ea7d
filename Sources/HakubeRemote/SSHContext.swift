// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel
package import HakubeTransport

/// What all connections of a run share, whoever makes them: answers to questions, known hosts, and the pace.
package struct SSHContext: Sendable {
    package let configuration: SSHConfiguration
    /// The operator's ssh_config(5).
    package let config: ClientConfig
    package let knownHosts: KnownHosts
    package let vault: SecretVault
    private let pace: HandshakePace

    package init(_ configuration: SSHConfiguration, vault: SecretVault = SecretVault()) {
        self.vault = vault
        self.configuration = configuration
        config = configuration.configPath.map { ClientConfig(path: $0) } ?? ClientConfig()
        knownHosts = KnownHosts(path: configuration.knownHostsPath, others: configuration.otherKnownHostsPaths)
        pace = HandshakePace(
            perServer: configuration.handshakesAtOnce, overall: configuration.handshakesAtOnceOverall)
    }

    package func login(to host: Host) throws -> Login { try Login(to: host, config: config, configuration) }

    /// A connected transport, as soon as the pace allows it.
    /// - Throws: `TransportError`; `CancellationError`.
    package func connect(_ login: Login, by opener: any LinkOpener) async throws -> any Transport {
        try await pace.around(login.firstServer) {
            let session = try RemoteSession(login: login, self)
            let wakeup = try Wakeup()
            try await withTaskCancellationHandler {
                try await session.open(opener, wakeup)
            } onCancel: {
                wakeup.raise()
            }
            return RemoteTransport(session: session)
        }
    }

    /// Compares the key a server has proved to hold with what is recorded, and records it on first contact.
    /// - Throws: `TransportError` (.unknownHostKey, .changedHostKey).
    package func check(_ key: HostKey, of login: Login, for host: HostID) throws {
        let name = login.knownHostsName
        switch try knownHosts.check(key, for: name, strict: configuration.strictHostKeys) {
        case .known:
            return
        case .new where configuration.strictHostKeys:
            throw TransportError(
                .unknownHostKey, peer: login.peer,
                message: "the host key is not known: \(key.type) \(key.fingerprint)",
                remedy: "compare the fingerprint with `ssh-keygen -lf` on the host, then add the line "
                    + "\"\(name) \(key.type) \(key.base64)\" to \(knownHosts.path), or run once without --strict-host-keys"
            )
        case .new:
            configuration.onNewHostKey(
                NewHostKey(host: host, name: name, type: key.type, fingerprint: key.fingerprint))
        case .changed(let recorded):
            throw changed(recorded, to: "\(key.type) \(key.fingerprint)", of: login)
        }
    }

    /// - Parameter now: type and fingerprint of the key that is shown now.
    package func changed(_ recorded: [HostKey], to now: String, of login: Login) -> TransportError {
        let old = recorded.map { "\($0.type) \($0.fingerprint)" }.joined(separator: ", ")
        let name = login.knownHostsName
        return TransportError(
            .changedHostKey, peer: login.peer, message: "the host key has changed: recorded \(old), now \(now)",
            remedy: "if the host was installed anew, remove the line of \(name) from \(knownHosts.place(of: name)); "
                + "if not, somebody may be in between")
    }
}
