// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CLibSSH2
import HakubeModel
import HakubeRemote
import HakubeTransport

/// Logs a session in: named keys, the agent, default keys, then the password.
///
/// ssh asks the agent first. Keys the user named come before it here, since sshd cuts the connection after six tries
/// (MaxAuthTries) and a full agent would use them up.
final class Authenticator {
    let session: LibSSH2Session
    let login: Login
    let configuration: SSHConfiguration
    let vault: SecretVault
    let wakeup: Wakeup
    /// Methods the server would take, as it lists them.
    var offered: [String] = []
    /// What was tried, as phrases.
    var tried: [String] = []
    var triedKeys = 0
    var triedRSA = false
    /// Why a method was not tried.
    var notes: [String] = []
    /// Set when a key could not be read, though nothing is wrong with it.
    var unusableKey: ClientLimit?

    init(
        _ session: LibSSH2Session, _ login: Login, _ context: SSHContext, _ wakeup: Wakeup
    ) {
        self.session = session
        self.login = login
        configuration = context.configuration
        vault = context.vault
        self.wakeup = wakeup
    }

    /// - Throws: `TransportError` (.authentication, .lost); `CancellationError`.
    func logIn() throws {
        do {
            if try listMethods() { return }
            if offered.contains("publickey"), try offerKeys() { return }
            if configuration.hasOtherClient, triedRSA && !LibSSH2.signsRSAWithSHA2 || unusableKey != nil {
                throw refused("the server refused the log-in")
            }
            if try offerPassword() { return }
        } catch let failure as LibSSH2Failure where failure.isDisconnect {
            throw refused("the server closed the connection during the log-in (\(failure.words))")
        } catch is DeadlinePassed {
            throw refused("the server gave no answer within \(configuration.authenticationTimeout.text)")
        }
        throw refused("the server refused the log-in")
    }

    var deadline: Deadline { Deadline(after: configuration.authenticationTimeout) }

    /// True when the server wants no proof at all.
    private func listMethods() throws -> Bool {
        var list: UnsafeMutablePointer<CChar>?
        let status = try session.attempt(until: deadline, wakeup) {
            list = libssh2_userauth_list(session.handle, login.user, UInt32(login.user.utf8.count))
            if list != nil || libssh2_userauth_authenticated(session.handle) == 1 { return 0 }
            return Int(libssh2_session_last_errno(session.handle))
        }
        guard status == 0 else { throw session.failed(status) }
        guard let list else { return true }
        offered = String(cString: list).split(separator: ",").map(String.init)
        return false
    }

    private func offerKeys() throws -> Bool {
        let agent = AgentKeys(session, socket: configuration.agentSocket)
        let named = login.namedKeys.compactMap(PrivateKeyFile.init(path:))
        let standard = login.defaultKeys.compactMap(PrivateKeyFile.init(path:))
        for key in named {
            if try agent.offer(key, self) || offer(key) { return true }
        }
        if login.usesAllAgentKeys, try agent.offerRest(self) { return true }
        for key in standard where !agent.wasOffered(key) {
            if try offer(key) { return true }
        }
        return false
    }

    /// The server counts each key; one try is left for the password.
    var mayOfferKey: Bool { triedKeys < 5 }

    private func offer(_ key: PrivateKeyFile) throws -> Bool {
        guard mayOfferKey else { return false }
        var passphrase: Secret?
        for _ in 0..<(key.isEncrypted ? 3 : 1) {
            if key.isEncrypted {
                passphrase = vault.secret(
                    "key \(key.path)", from: configuration.passphrase,
                    prompt: "Passphrase for the key \(key.path): ", rejected: passphrase)
                guard passphrase != nil else {
                    notes.append("the key \(key.path) needs a passphrase and none that fits was given")
                    return false
                }
            }
            let status = try session.attempt(until: deadline, wakeup) {
                Int(
                    libssh2_userauth_publickey_fromfile_ex(
                        session.handle, login.user, UInt32(login.user.utf8.count), nil, key.path,
                        passphrase?.exposed ?? ""))
            }
            switch Int32(status) {
            case 0: return true
            case LIBSSH2_ERROR_FILE, LIBSSH2_ERROR_KEYFILE_AUTH_FAILED:
                // The file itself could not be used: with a passphrase it was the wrong one, and the server saw nothing.
                guard key.isEncrypted else {
                    notes.append("the key \(key.path) cannot be used by libssh2 \(LibSSH2.version)")
                    unusableKey = .keyForm
                    return false
                }
            default: return try isRefusal(status, "key \(key.path)", isRSA: key.isRSA)
            }
        }
        notes.append("the passphrase for the key \(key.path) is wrong")
        return false
    }

    /// Books a refused key; throws when the connection broke.
    func isRefusal(_ status: Int, _ phrase: String, isRSA: Bool) throws -> Bool {
        let failure = session.failed(status)
        if failure.isDisconnect { throw failure }
        tried.append(phrase)
        triedKeys += 1
        triedRSA = triedRSA || isRSA
        return false
    }
}
