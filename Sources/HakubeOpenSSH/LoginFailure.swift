// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeRemote
import HakubeTransport

/// Why ssh made no connection, in the words that hakube has for it whichever client speaks. Pure.
struct LoginFailure {
    let login: Login
    let log: ClientLog
    let recorded: [HostKey]
    let context: SSHContext
    /// What was tried beside keys, and why other things were not.
    var tried: [String] = []
    var notes: [String] = []
    /// A proxy of ~/.ssh/config stands in the way, and what it said last.
    var hasProxy = false
    var proxyWords: [String] = []
    /// Something secret was sent, or the bastion before has said what is wrong.
    var isFinal = false
    /// hakube ended the attempt, since one of its deadlines had passed.
    var isLate = false

    private var peer: String { login.peer }
    private var words: [String] { log.words }

    /// sshd over MaxStartups takes the connection and drops it before a key is exchanged.
    var mayPass: Bool {
        guard !isLate, !isFinal, !hasProxy, !log.hasNegotiated else { return false }
        return found("kex_exchange_identification") || found("Connection reset by") || found("Connection closed by")
    }

    var error: TransportError {
        if let error = unconnected ?? hostKey ?? unnegotiated ?? proxy { return error }
        if log.hasReachedLogin { return refused }
        let text = words.isEmpty ? "ssh ended without a word" : words.suffix(3).joined(separator: " / ")
        return TransportError(
            .handshake, peer: peer, message: "the SSH key exchange failed: \(text)",
            remedy: "check that port \(login.port) is sshd's, and the server's log")
    }

    private var unconnected: TransportError? {
        func unreachable(_ message: String, _ remedy: String) -> TransportError {
            TransportError(.unreachable, peer: peer, message: message, remedy: remedy)
        }
        let limit = context.configuration.connectTimeout.text
        if let reason = after("Could not resolve hostname ") {
            return unreachable(
                "the name \(login.address) has no address (\(reason))", "correct the name or write the address")
        }
        if let line = words.first(where: { $0.contains("connect to host ") }) {
            let reason = line.ranges(of: ": ").last.map { String(line[$0.upperBound...]) } ?? line
            if reason == "Connection refused" {
                return unreachable(
                    "port \(login.port) refuses the connection",
                    "check that sshd runs there and listens on port \(login.port) (--port, or `port:` in the inventory)"
                )
            }
            if reason == "Connection timed out" {
                return unreachable(
                    "no answer within \(limit)", "check that the host is up, and address, route and firewall")
            }
            return unreachable("no connection: \(reason)", "check address, route and firewall")
        }
        if found("timed out during banner exchange") || (isLate && log.hasConnected && !log.hasReachedLogin) {
            return TransportError(
                .handshake, peer: peer, message: "port \(login.port) answers, but no SSH key exchange within \(limit)",
                remedy: "check that sshd listens on this port and is not overloaded")
        }
        guard isLate, !log.hasConnected else { return nil }
        return unreachable("no answer within \(limit)", "check that the host is up, and address, route and firewall")
    }

    private var hostKey: TransportError? {
        guard found("Host key verification failed") || found("host key is known for") else { return nil }
        guard let shown = log.serverKey else { return nil }
        let now = "\(shown.type) \(shown.fingerprint)"
        if !recorded.isEmpty { return context.changed(recorded, to: now, of: login) }
        return TransportError(
            .unknownHostKey, peer: peer, message: "the host key is not known: \(now)",
            remedy: "compare the fingerprint with `ssh-keygen -lf` on the host, then add its line to "
                + "\(context.knownHosts.path), or run once without --strict-host-keys")
    }

    private var proxy: TransportError? {
        guard hasProxy, !log.hasNegotiated else { return nil }
        let said = proxyWords.isEmpty ? words.suffix(1) : proxyWords.suffix(2)
        return TransportError(
            .unreachable, peer: peer,
            message: "the proxy of ~/.ssh/config opens no way to it: \(said.joined(separator: " / "))",
            remedy: "connect with ssh by hand once, or name the proxy as a bastion (--bastion)")
    }

    private var unnegotiated: TransportError? {
        guard let line = words.first(where: { $0.contains("no matching ") }),
            let kind = line.firstRange(of: "no matching "), let end = line.firstRange(of: " found")
        else { return nil }
        let name = String(line[kind.upperBound..<end.lowerBound])
            .replacing("key exchange method", with: "key exchange").replacing(" type", with: "")
        let offer =
            line.firstRange(of: "Their offer: ").map { String(line[$0.upperBound...]) } ?? "nothing that ssh knows"
        return TransportError(
            .handshake, peer: peer,
            message: "no common \(name): the server has \(offer), the system's ssh has none of them",
            remedy: "allow one of the client's algorithms in the server's sshd_config, or in ~/.ssh/config",
            lacking: .algorithms)
    }

    private var refused: TransportError {
        var refusal = LoginRefusal(login: login)
        refusal.offered = log.offered
        refusal.tried = log.offeredKeys + tried
        refusal.notes = notes
        if isLate {
            return refusal.error(
                "the server gave no answer within \(context.configuration.authenticationTimeout.text)")
        }
        if let line = words.last(where: {
            $0.contains("onnection closed") || $0.contains("onnection reset") || $0.contains("disconnect")
        }) {
            return refusal.error("the server closed the connection during the log-in (\(line))")
        }
        return refusal.error("the server refused the log-in")
    }

    private func found(_ text: String) -> Bool { words.contains { $0.contains(text) } }

    private func after(_ text: String) -> String? {
        for line in words {
            guard let range = line.firstRange(of: text) else { continue }
            let rest = line[range.upperBound...]
            return rest.firstRange(of: ": ").map { String(rest[$0.upperBound...]) } ?? String(rest)
        }
        return nil
    }
}
