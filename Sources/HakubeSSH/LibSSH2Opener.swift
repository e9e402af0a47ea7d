// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CLibSSH2
import Glibc
import HakubeModel
import HakubeRemote
import HakubeTransport

/// Connects, checks keys, and logs in, to a host and to the bastions before it.
struct LibSSH2Opener: LinkOpener {
    let login: Login
    let host: HostID
    let context: SSHContext

    private var configuration: SSHConfiguration { context.configuration }

    func open(_ wakeup: Wakeup) throws -> any Link {
        let session = try loggedIn(login, through: login.bastions[...], wakeup)
        session.grace = .seconds(1)
        libssh2_keepalive_config(
            session.handle, 1, UInt32(clamping: configuration.keepaliveInterval.components.seconds))
        return LibSSH2Link(session, configuration)
    }

    /// - Throws: `TransportError`; `CancellationError`.
    private func loggedIn(_ login: Login, through bastions: ArraySlice<Login>, _ wakeup: Wakeup) throws
        -> LibSSH2Session
    {
        let session = try handshake(login, through: bastions, wakeup)
        do {
            let key = try session.hostKey()
            try context.check(key, of: login, for: login.isBastion ? HostID(login.address) : host)
            try Authenticator(session, login, context, wakeup).logIn()
            return session
        } catch {
            session.disconnect()
            throw error
        }
    }

    private func handshake(_ login: Login, through bastions: ArraySlice<Login>, _ wakeup: Wakeup) throws
        -> LibSSH2Session
    {
        // sshd over MaxStartups takes the connection and drops it before a key is exchanged: the one failure that a
        // second try cures.
        var pauses: [Duration] = [.milliseconds(250), .milliseconds(750), .seconds(2)]
        while true {
            let socket = try socket(to: login, through: bastions, wakeup)
            let deadline = Deadline(after: configuration.connectTimeout)
            let session = try LibSSH2Session(socket: socket)
            do {
                let known = try context.knownHosts.keys(for: login.knownHostsName).map(\.type)
                try session.handshake(knownTypes: known, until: deadline, wakeup)
                return session
            } catch let failure as LibSSH2Failure where failure.isDisconnect && !pauses.isEmpty {
                if wakeup.wait(milliseconds: Deadline(after: pauses.removeFirst()).milliseconds) {
                    throw CancellationError()
                }
            } catch let failure as LibSSH2Failure {
                throw handshakeError(failure, session, login, through: bastions, wakeup)
            } catch is DeadlinePassed {
                throw TransportError(
                    .handshake, peer: login.peer,
                    message:
                        "port \(login.port) answers, but no SSH key exchange within \(configuration.connectTimeout.text)",
                    remedy: "check that sshd listens on this port and is not overloaded")
            }
        }
    }

    /// The way to a host's sshd: the net, or a channel of the last bastion.
    private func socket(to login: Login, through bastions: ArraySlice<Login>, _ wakeup: Wakeup) throws -> TCPSocket {
        guard let bastion = bastions.last else {
            return try connect(to: login, until: Deadline(after: configuration.connectTimeout), wakeup)
        }
        let session: LibSSH2Session
        do {
            session = try loggedIn(bastion, through: bastions.dropLast(), wakeup)
        } catch let error as TransportError {
            throw error.met(at: bastion, onTheWayTo: login)
        }
        do {
            return try Tunnel.open(session, to: login, configuration, wakeup)
        } catch let failure as LibSSH2Failure {
            throw TransportError(
                .unreachable, peer: login.peer,
                message: "the bastion \(bastion.peer) opens no connection to it: \(failure.words)",
                remedy:
                    "check the address as the bastion sees it, its firewall, and AllowTcpForwarding in its sshd_config")
        } catch is DeadlinePassed {
            throw TransportError(
                .unreachable, peer: login.peer,
                message:
                    "the bastion \(bastion.peer) got no connection to it within \(configuration.connectTimeout.text)",
                remedy: "check that the host is up, and address, route and firewall between the bastion and it")
        }
    }

    private func connect(to login: Login, until deadline: Deadline, _ wakeup: Wakeup) throws -> TCPSocket {
        do {
            let addresses = try NameLookup.addresses(of: login.address, port: login.port, until: deadline, wakeup)
            return try TCPSocket.connect(to: addresses, until: deadline, wakeup)
        } catch let failure as LookupFailure {
            throw unreachable(
                login,
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
            throw unreachable(login, fact, advice)
        } catch is DeadlinePassed {
            throw unreachable(
                login,
                "no answer within \(configuration.connectTimeout.text)",
                "check that the host is up, and address, route and firewall")
        }
    }

    private func unreachable(_ login: Login, _ message: String, _ remedy: String) -> TransportError {
        guard !login.ignoredDirectives.isEmpty else {
            return TransportError(.unreachable, peer: login.peer, message: message, remedy: remedy)
        }
        return TransportError(
            .unreachable, peer: login.peer, message: message,
            remedy: "\(remedy); ~/.ssh/config sets \(login.ignoredDirectives.joined(separator: ", ")) for this host, "
                + "which libssh2 does not follow; --transport openssh does")
    }

    private func handshakeError(
        _ failure: LibSSH2Failure, _ session: LibSSH2Session, _ login: Login, through bastions: ArraySlice<Login>,
        _ wakeup: Wakeup
    ) -> TransportError {
        let deadline = Deadline(after: configuration.connectTimeout)
        let offer = try? ServerAlgorithms.read(
            from: socket(to: login, through: bastions, wakeup), until: deadline, wakeup)
        if let mismatches = offer?.mismatches(with: session), !mismatches.isEmpty {
            return TransportError(
                .handshake, peer: login.peer, message: mismatches.joined(separator: "; "),
                remedy: "allow one of the client's algorithms in the server's sshd_config, or use --transport openssh",
                lacking: .algorithms)
        }
        return TransportError(
            .handshake, peer: login.peer, message: "the SSH key exchange failed: \(failure)",
            remedy: "check that port \(login.port) is sshd's, and the server's log")
    }
}
