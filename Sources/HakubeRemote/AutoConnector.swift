// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
package import HakubeModel
package import HakubeTransport
import Synchronization

/// Takes libssh2 wherever it can do what is needed, and the system's ssh for the other hosts.
package final class AutoConnector: Connector {
    private let library: any Connector
    private let program: any Connector
    private let context: SSHContext
    private let signsRSA: Bool
    private let sendsMuch: Bool
    private let onChoice: @Sendable (HostID, ClientReason) -> Void
    private let chosen = Mutex(Chosen())

    private struct Chosen {
        var hosts: Set<HostID> = []
        var told: Set<ClientReason> = []
    }

    /// - Parameters:
    ///   - signsRSA: what `library` can do with RSA keys.
    ///   - sendsMuch: as in `ClientReason.Facts`.
    ///   - onChoice: called for the first host of each reason.
    package init(
        library: any Connector, program: any Connector, _ context: SSHContext, signsRSA: Bool, sendsMuch: Bool = false,
        onChoice: @escaping @Sendable (HostID, ClientReason) -> Void
    ) {
        self.library = library
        self.program = program
        self.context = context
        self.signsRSA = signsRSA
        self.sendsMuch = sendsMuch
        self.onChoice = onChoice
    }

    package func connect(to host: Host) async throws -> any Transport {
        if chosen.withLock({ $0.hosts.contains(host.id) }) { return try await program.connect(to: host) }
        if let reason = ClientReason(try facts(of: host)) {
            choose(host.id, reason)
            return try await program.connect(to: host)
        }
        do {
            return try await library.connect(to: host)
        } catch let error as TransportError {
            guard let limit = error.lacking else { throw error }
            choose(host.id, .limit(limit))
            return try await program.connect(to: host)
        }
    }

    /// A broken connection is made again in the same way.
    private func choose(_ host: HostID, _ reason: ClientReason) {
        let isNews = chosen.withLock { chosen in
            chosen.hosts.insert(host)
            return chosen.told.insert(reason).inserted
        }
        if isNews { onChoice(host, reason) }
    }

    private func facts(of host: Host) throws -> ClientReason.Facts {
        let login = try context.login(to: host)
        var paths = login.namedKeys + login.defaultKeys
        // ssh's further default names, which no other client can use.
        if paths.isEmpty {
            paths = ["id_ed25519_sk", "id_ecdsa_sk"].map { "\(context.configuration.homePath)/.ssh/\($0)" }
                .filter(FileManager.default.isReadableFile)
        }
        var facts = ClientReason.Facts()
        facts.directives = login.ignoredDirectives
        facts.keyTypes = paths.map { PrivateKeyFile(path: $0)?.type }
        facts.hasCertificate = paths.contains { FileManager.default.isReadableFile(atPath: "\($0)-cert.pub") }
        facts.signsRSA = signsRSA
        facts.sendsMuch = sendsMuch
        // GCM costs ssh a third of what libssh2 spends on any cipher, since that calls the cipher for each 16 bytes.
        facts.isCheaperByProgram = Processor.hasAES
        return facts
    }
}
