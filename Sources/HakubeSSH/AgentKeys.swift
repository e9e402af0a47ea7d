// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CLibSSH2
import HakubeRemote
import HakubeTransport

/// The keys ssh-agent holds, offered through libssh2.
final class AgentKeys {
    private let session: LibSSH2Session
    private let agent: OpaquePointer?
    private var offered: Set<[UInt8]> = []
    private let identities: [Identity]

    private struct Identity {
        let pointer: UnsafeMutablePointer<libssh2_agent_publickey>
        let blob: [UInt8]
        let comment: String

        var type: String { HostKey(blob: blob).type }
    }

    /// Without an agent, or with one that does not answer, there are simply no keys.
    init(_ session: LibSSH2Session, socket: String?) {
        self.session = session
        guard let socket, let agent = libssh2_agent_init(session.handle) else {
            agent = nil
            identities = []
            return
        }
        self.agent = agent
        libssh2_agent_set_identity_path(agent, socket)
        guard libssh2_agent_connect(agent) == 0, libssh2_agent_list_identities(agent) == 0 else {
            identities = []
            return
        }
        var identities: [Identity] = []
        var previous: UnsafeMutablePointer<libssh2_agent_publickey>?
        var next: UnsafeMutablePointer<libssh2_agent_publickey>?
        while libssh2_agent_get_identity(agent, &next, previous) == 0, let current = next {
            let key = current.pointee
            identities.append(
                Identity(
                    pointer: current, blob: Array(UnsafeBufferPointer(start: key.blob, count: key.blob_len)),
                    comment: key.comment.map { String(cString: $0) } ?? ""))
            previous = current
        }
        // RSA last: old libssh2 can only sign with SHA-1, and each refusal counts.
        self.identities = identities.filter { $0.type != "ssh-rsa" } + identities.filter { $0.type == "ssh-rsa" }
    }

    deinit {
        guard let agent else { return }
        libssh2_agent_disconnect(agent)
        libssh2_agent_free(agent)
    }

    func wasOffered(_ key: PrivateKeyFile) -> Bool { key.publicBlob.map(offered.contains) ?? false }

    /// Offers the agent's copy of a key file, if it has one.
    func offer(_ key: PrivateKeyFile, _ authenticator: Authenticator) throws -> Bool {
        guard let identity = identities.first(where: { $0.blob == key.publicBlob }) else { return false }
        return try offer(identity, authenticator)
    }

    /// Offers every key not offered yet.
    func offerRest(_ authenticator: Authenticator) throws -> Bool {
        for identity in identities where !offered.contains(identity.blob) {
            if try offer(identity, authenticator) { return true }
        }
        return false
    }

    private func offer(_ identity: Identity, _ authenticator: Authenticator) throws -> Bool {
        guard authenticator.mayOfferKey else { return false }
        offered.insert(identity.blob)
        let status = try session.attempt(until: authenticator.deadline, authenticator.wakeup) {
            Int(libssh2_agent_userauth(agent, authenticator.login.user, identity.pointer))
        }
        guard status != 0 else { return true }
        if identity.type.hasPrefix("sk-") { authenticator.unusableKey = .keyForm }
        return try authenticator.isRefusal(
            status, "agent key \(identity.type) \(identity.comment)", isRSA: identity.type == "ssh-rsa")
    }
}
