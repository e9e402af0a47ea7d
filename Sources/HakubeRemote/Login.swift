// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
package import HakubeModel
package import HakubeTransport

/// Who logs in where with which keys: the inventory first, then ~/.ssh/config, then ssh's defaults.
package struct Login: Sendable, Hashable {
    package private(set) var user: String
    /// What is connected to: an address or a name.
    package private(set) var address: String
    package private(set) var port: Int
    /// Key files the user named, in order of preference.
    package let namedKeys: [String]
    /// Key files that exist under a name ssh looks for by itself.
    package let defaultKeys: [String]
    /// Keys the agent holds beyond `namedKeys` may be offered.
    package let usesAllAgentKeys: Bool
    /// Directives of ~/.ssh/config that are not followed for this host.
    package private(set) var ignoredDirectives: [String]
    /// Logins that lead there, the one that is connected to first in front.
    package private(set) var bastions: [Login] = []
    package private(set) var isBastion = false

    /// `user@host:port`, IPv6 in brackets.
    package var peer: String { "\(user)@\(IPAddress(address)?.bracketed ?? address):\(port)" }

    /// Host as known_hosts writes it (sshd(8)): brackets and port only where the port is not 22.
    package var knownHostsName: String {
        let host = address.lowercased()
        return port == 22 ? host : "[\(host)]:\(port)"
    }

    /// The sshd that is connected to first.
    package var firstServer: String { (bastions.first ?? self).knownHostsName }

    /// What a password is remembered by: one for all hosts, one for each bastion, which often belongs to somebody else.
    package var passwordTopic: String { isBastion ? "password of \(peer)" : "password" }

    /// - Throws: `TransportError` when the inventory names a key file that is not there.
    package init(to host: Host, config: ClientConfig, _ configuration: SSHConfiguration) throws {
        self = try Login(to: host.sshAddress, host.access, config, configuration)
        bastions = try (host.access.bastions ?? []).map { bastion in
            let access = SSHAccess(user: bastion.user, port: bastion.port, keyPath: host.access.keyPath)
            var login = try Login(to: bastion.address, access, config, configuration)
            login.isBastion = true
            return login
        }
        // Said by the inventory, with a bastion or with none.
        if host.access.bastions != nil { ignoredDirectives.removeAll { ["ProxyJump", "ProxyCommand"].contains($0) } }
        if let first = bastions.first {
            ignoredDirectives = first.ignoredDirectives.filter { !ignoredDirectives.contains($0) } + ignoredDirectives
        }
    }

    /// The same as a client found it that reads ~/.ssh/config by itself.
    package func found(user: String?, address: String?, port: Int?) -> Login {
        var login = self
        login.user = user ?? self.user
        login.address = address ?? self.address
        login.port = port ?? self.port
        return login
    }

    private init(to target: String, _ access: SSHAccess, _ config: ClientConfig, _ configuration: SSHConfiguration)
        throws
    {
        let options = config.options(for: target)
        let home = configuration.homePath
        user = access.user ?? options.user ?? configuration.defaultUser
        port = access.port ?? options.port ?? 22
        address = options.hostName.map { Login.expand($0, ["h": target], home: nil) } ?? target
        ignoredDirectives = options.ignored

        let tokens = [
            "h": address, "n": target, "d": home, "u": configuration.defaultUser, "r": user, "p": "\(port)",
        ]
        let configured = options.identityFiles.map { Login.expand($0, tokens, home: home) }.filter(Login.exists)
        if let key = access.keyPath.map({ Login.expand($0, [:], home: home) }) {
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
    package static func expand(_ text: String, _ tokens: [String: String], home: String?) -> String {
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

extension TransportError {
    /// The same for a host behind a bastion that cannot be passed.
    package func met(at bastion: Login, onTheWayTo login: Login) -> TransportError {
        TransportError(
            code, peer: login.peer, message: "the bastion \(bastion.peer) on the way: \(message)", remedy: remedy,
            lacking: lacking)
    }
}
