// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel
import HakubeTransport

/// Who logs in where with which keys: the inventory first, then ~/.ssh/config, then ssh's defaults.
struct Login: Sendable, Hashable {
    let user: String
    /// What is connected to: an address or a name.
    let address: String
    let port: Int
    /// Key files the user named, in order of preference.
    let namedKeys: [String]
    /// Key files that exist under a name ssh looks for by itself.
    let defaultKeys: [String]
    /// Keys the agent holds beyond `namedKeys` may be offered.
    let usesAllAgentKeys: Bool
    /// Directives of ~/.ssh/config that are not followed for this host.
    let ignoredDirectives: [String]

    /// `user@host:port`, IPv6 in brackets.
    var peer: String { "\(user)@\(IPAddress(address)?.bracketed ?? address):\(port)" }

    /// Host as known_hosts writes it (sshd(8)): brackets and port only where the port is not 22.
    var knownHostsName: String {
        let host = address.lowercased()
        return port == 22 ? host : "[\(host)]:\(port)"
    }

    /// - Throws: `TransportError` when the inventory names a key file that is not there.
    init(to host: Host, config: ClientConfig, _ configuration: SSHConfiguration) throws {
        let options = config.options(for: host.sshAddress)
        let home = configuration.homePath
        user = host.access.user ?? options.user ?? configuration.defaultUser
        port = host.access.port ?? options.port ?? 22
        address =
            options.hostName.map { Login.expand($0, ["h": host.sshAddress], home: nil) } ?? host.sshAddress
        ignoredDirectives = options.ignored

        let tokens = [
            "h": address, "n": host.sshAddress, "d": home, "u": configuration.defaultUser, "r": user, "p": "\(port)",
        ]
        let configured = options.identityFiles.map { Login.expand($0, tokens, home: home) }.filter(Login.exists)
        if let key = host.access.keyPath.map({ Login.expand($0, [:], home: home) }) {
            guard Login.exists(key) else {
                throw TransportError(
                    .authentication, peer: "\(user)@\(IPAddress(address)?.bracketed ?? address):\(port)",
                    message: "the key file \(key) cannot be read",
                    remedy: "give the path of a private key with --key or `key:` in the inventory")
            }
            namedKeys = [key] + configured.filter { $0 != key }
        } else {
            namedKeys = configured
        }
        usesAllAgentKeys = !options.identitiesOnly
        let standard = ["id_ed25519", "id_ecdsa", "id_rsa"].map { "\(home)/.ssh/\($0)" }
        // As for ssh: naming a key file replaces the default ones.
        defaultKeys = namedKeys.isEmpty ? standard.filter(Login.exists) : []
    }

    private static func exists(_ path: String) -> Bool { FileManager.default.isReadableFile(atPath: path) }

    /// `~/` at the start and `%x` tokens; an unknown token stays as it is.
    static func expand(_ text: String, _ tokens: [String: String], home: String?) -> String {
        var result = ""
        var rest = text[...]
        if let home, rest == "~" || rest.hasPrefix("~/") {
            result = home
            rest = rest.dropFirst()
        }
        while let character = rest.popFirst() {
            guard character == "%", let token = rest.first else {
                result.append(character)
                continue
            }
            if token == "%" {
                result.append("%")
            } else if let value = tokens[String(token)] {
                result += value
            } else {
                result += "%\(token)"
            }
            rest.removeFirst()
        }
        return result
    }
}
