// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What `ssh -v` tells about a connection that it makes (OpenSSH 7.6 to 10; the words have not changed since).
struct ClientLog {
    private let lines: [Substring]

    init(_ text: String) { lines = text.split(whereSeparator: \.isNewline) }

    /// There is a TCP connection, or a proxy in its place, that has said something.
    var hasConnected: Bool { has("debug1: Connection established.") || has("debug1: Remote protocol version") }

    /// The server takes part in the key exchange.
    var hasNegotiated: Bool { has("debug1: SSH2_MSG_KEXINIT received") }

    /// Keys are exchanged, the server's is accepted, and the log-in has begun.
    var hasReachedLogin: Bool { has("debug1: SSH2_MSG_SERVICE_ACCEPT received") }

    var hasLoggedIn: Bool { has("Authenticated to ") || has("debug1: Authentication succeeded") }

    /// Why a bastion opened no connection to what comes after it.
    var refusedForwarding: String? {
        for line in lines {
            guard line.hasPrefix("channel "), let failed = line.firstRange(of: "open failed: ") else { continue }
            return String(line[failed.upperBound...])
        }
        return nil
    }

    /// Type and SHA-256 fingerprint of the key that the server showed.
    var serverKey: (type: String, fingerprint: String)? {
        guard let text = value("debug1: Server host key: ") else { return nil }
        let words = text.split(separator: " ")
        return words.count == 2 ? (String(words[0]), String(words[1])) : nil
    }

    /// Methods the server would take, as it listed them first.
    var offered: [String] {
        if let text = value("debug1: Authentications that can continue: ") { return Self.list(text) }
        for line in lines {
            guard let open = line.firstRange(of: "Permission denied (") else { continue }
            return Self.list(line[open.upperBound...].prefix { $0 != ")" })
        }
        return []
    }

    /// Keys that were offered, as phrases.
    var offeredKeys: [String] {
        var phrases: [String] = []
        for line in lines where line.hasPrefix("debug1: Offering public key: ") {
            // PATH TYPE SHA256:… [explicit] [agent]; the path may have blanks, and an agent's key has a comment in its place.
            let words = line.dropFirst("debug1: Offering public key: ".count).split(separator: " ")
            guard let print = words.firstIndex(where: { $0.hasPrefix("SHA256:") }), print > 0 else { continue }
            let name = words[..<(print - 1)].joined(separator: " ")
            let isAgents = words[print...].contains("agent") && !words[print...].contains("explicit")
            let type = Self.types[words[print - 1]] ?? String(words[print - 1])
            phrases.append(isAgents ? "agent key \(type) \(name)" : "key \(name)")
        }
        return phrases
    }

    /// Keys by ssh's short names, as they are called on the wire.
    private static let types: [Substring: String] = ["ED25519": "ssh-ed25519", "RSA": "ssh-rsa"]

    /// All that is no detail.
    var words: [String] {
        lines.filter { !$0.hasPrefix("debug") && !$0.isEmpty && $0.first != "@" }.map(String.init)
    }

    private func has(_ start: String) -> Bool { lines.contains { $0.hasPrefix(start) } }

    private func value(_ start: String) -> Substring? {
        lines.first { $0.hasPrefix(start) }.map { $0.dropFirst(start.count) }
    }

    private static func list(_ text: some StringProtocol) -> [String] {
        text.split(whereSeparator: { $0 == "," }).map { String($0) }
    }
}
