// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CLibSSH2
import Glibc
import HakubeModel
import HakubeTransport

extension SSHSession {
    /// Connects, checks the host's key, logs in, and finds out how to become root.
    /// - Throws: `TransportError`; `CancellationError`.
    func open(as host: HostID, knownHosts: KnownHosts, _ wakeup: Wakeup) throws {
        let session = try handshake(knownHosts: knownHosts, wakeup)
        do {
            try checkHostKey(of: session, host: host, knownHosts: knownHosts)
            try Authenticator(session, login, configuration, vault, wakeup).logIn()
            session.grace = .seconds(1)
            libssh2_keepalive_config(
                session.handle, 1, UInt32(clamping: configuration.keepaliveInterval.components.seconds))
            self.session = session
            try findPrivilege(wakeup)
        } catch {
            session.disconnect()
            self.session = nil
            throw error
        }
    }

    private func handshake(knownHosts: KnownHosts, _ wakeup: Wakeup) throws -> LibSSH2Session {
        // sshd over MaxStartups takes the connection and drops it before a key is exchanged: the one failure that a
        // second try cures.
        var pauses: [Duration] = [.milliseconds(250), .milliseconds(750), .seconds(2)]
        while true {
            let deadline = Deadline(after: configuration.connectTimeout)
            let session = try LibSSH2Session(socket: connect(until: deadline, wakeup))
            do {
                let known = try knownHosts.keys(for: login.knownHostsName).map(\.type)
                try session.handshake(knownTypes: known, until: deadline, wakeup)
                return session
            } catch let failure as LibSSH2Failure where failure.isDisconnect && !pauses.isEmpty {
                if wakeup.wait(milliseconds: Deadline(after: pauses.removeFirst()).milliseconds) {
                    throw CancellationError()
                }
            } catch let failure as LibSSH2Failure {
                throw handshakeError(failure, session, wakeup)
            } catch is DeadlinePassed {
                throw TransportError(
                    .handshake, peer: peer,
                    message:
                        "port \(login.port) answers, but no SSH key exchange within \(configuration.connectTimeout.text)",
                    remedy: "check that sshd listens on this port and is not overloaded")
            }
        }
    }

    private func connect(until deadline: Deadline, _ wakeup: Wakeup) throws -> TCPSocket {
        do {
            let addresses = try NameLookup.addresses(of: login.address, port: login.port, until: deadline, wakeup)
            return try TCPSocket.connect(to: addresses, until: deadline, wakeup)
        } catch let failure as LookupFailure {
            throw unreachable(
                "the name \(login.address) has no address (\(failure.message))", "correct the name or write the address"
            )
        } catch let failure as SystemError where failure.call == "connect" {
            let advice =
                failure.number == ECONNREFUSED
                ? "check that sshd runs there and listens on port \(login.port) (--port, or `port:` in the inventory)"
                : "check address, route and firewall"
            let fact =
                failure.number == ECONNREFUSED
                ? "port \(login.port) refuses the connection" : "no connection: \(SystemError.text(failure.number))"
            throw unreachable(fact, advice)
        } catch is DeadlinePassed {
            throw unreachable(
                "no answer within \(configuration.connectTimeout.text)",
                "check that the host is up, and address, route and firewall")
        }
    }

    private func unreachable(_ message: String, _ remedy: String) -> TransportError {
        guard !login.ignoredDirectives.isEmpty else {
            return TransportError(.unreachable, peer: peer, message: message, remedy: remedy)
        }
        return TransportError(
            .unreachable, peer: peer, message: message,
            remedy: "\(remedy); ~/.ssh/config sets \(login.ignoredDirectives.joined(separator: ", ")) for this host, "
                + "which hakube does not follow")
    }

    private func handshakeError(_ failure: LibSSH2Failure, _ session: LibSSH2Session, _ wakeup: Wakeup)
        -> TransportError
    {
        let deadline = Deadline(after: configuration.connectTimeout)
        let offer = try? ServerAlgorithms.read(from: connect(until: deadline, wakeup), until: deadline, wakeup)
        if let mismatches = offer?.mismatches(with: session), !mismatches.isEmpty {
            return TransportError(
                .handshake, peer: peer, message: mismatches.joined(separator: "; "),
                remedy: "allow one of the client's algorithms in the server's sshd_config")
        }
        return TransportError(
            .handshake, peer: peer, message: "the SSH key exchange failed: \(failure)",
            remedy: "check that port \(login.port) is sshd's, and the server's log")
    }

    private func checkHostKey(of session: LibSSH2Session, host: HostID, knownHosts: KnownHosts) throws {
        let key = try session.hostKey()
        let name = login.knownHostsName
        switch try knownHosts.check(key, for: name, strict: configuration.strictHostKeys) {
        case .known:
            return
        case .new where configuration.strictHostKeys:
            throw TransportError(
                .unknownHostKey, peer: peer,
                message: "the host key is not known: \(key.type) \(key.fingerprint)",
                remedy: "compare the fingerprint with `ssh-keygen -lf` on the host, then add the line "
                    + "\"\(name) \(key.type) \(key.base64)\" to \(knownHosts.path), or run once without --strict-host-keys"
            )
        case .new:
            configuration.onNewHostKey(
                NewHostKey(host: host, name: name, type: key.type, fingerprint: key.fingerprint))
        case .changed(let recorded):
            let old = recorded.map { "\($0.type) \($0.fingerprint)" }.joined(separator: ", ")
            throw TransportError(
                .changedHostKey, peer: peer,
                message: "the host key has changed: recorded \(old), now \(key.type) \(key.fingerprint)",
                remedy:
                    "if the host was installed anew, remove the line of \(name) from \(knownHosts.place(of: name)); "
                    + "if not, somebody may be in between")
        }
    }
}
