// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import Glibc

/// The part of ssh_config(5) that hakube honours: Host blocks with HostName, User, Port, IdentityFile, IdentitiesOnly.
///
/// Match blocks are skipped: their conditions may run commands.
package struct ClientConfig: Sendable {
    package struct Entry: Sendable {
        /// Patterns of the Host block; `nil` before the first block, where entries hold for every host.
        package let patterns: [String]?
        /// Lower case.
        package let keyword: String
        package let value: String
    }

    /// What the file says for one host.
    package struct Options: Sendable, Hashable {
        package var hostName: String?
        package var user: String?
        package var port: Int?
        /// In the order of the file, tokens not yet expanded.
        package var identityFiles: [String] = []
        package var identitiesOnly = false
        /// The first host that ssh goes through.
        package var proxyJump: String?
        /// Keywords that would change how the host is reached and that hakube does not follow.
        package var ignored: [String] = []
    }

    package private(set) var entries: [Entry] = []

    package init() {}

    /// Reads a file and what it includes; a missing or unreadable file is an empty one, as for ssh.
    package init(path: String) {
        entries = ClientConfig.entries(path: path, directory: ClientConfig.folder(path), depth: 0)
    }

    /// - Parameter directory: where relative Include paths start.
    package init(text: String, directory: String = "/") {
        entries = ClientConfig.entries(text: text, directory: directory, depth: 0)
    }

    /// The first value found wins, except for IdentityFile, which adds up (ssh_config(5)).
    package func options(for host: String) -> Options {
        var options = Options()
        var identitiesOnly: Bool?
        for entry in entries where entry.patterns.map({ HostPattern.matches($0, host) }) ?? true {
            switch entry.keyword {
            case "hostname": options.hostName = options.hostName ?? entry.value
            case "user": options.user = options.user ?? entry.value
            case "port": options.port = options.port ?? Int(entry.value)
            case "identityfile": if entry.value.lowercased() != "none" { options.identityFiles.append(entry.value) }
            case "identitiesonly": identitiesOnly = identitiesOnly ?? (entry.value.lowercased() == "yes")
            default:
                guard let name = ClientConfig.unfollowed[entry.keyword], !options.ignored.contains(name),
                    !["none", "no"].contains(entry.value.lowercased())
                else { continue }
                options.ignored.append(name)
                if name == "ProxyJump" { options.proxyJump = String(entry.value.prefix { $0 != "," }) }
            }
        }
        options.identitiesOnly = identitiesOnly ?? false
        return options
    }

    /// What changes how a host is reached or logged in to, in lower case and as ssh_config(5) writes it.
    private static let unfollowed = [
        "proxyjump": "ProxyJump", "proxycommand": "ProxyCommand", "certificatefile": "CertificateFile",
        "gssapiauthentication": "GSSAPIAuthentication", "hostbasedauthentication": "HostbasedAuthentication",
        "pkcs11provider": "PKCS11Provider", "securitykeyprovider": "SecurityKeyProvider",
        "identityagent": "IdentityAgent", "bindaddress": "BindAddress", "bindinterface": "BindInterface",
        "canonicalizehostname": "CanonicalizeHostname", "match": "Match",
    ]
}

extension ClientConfig {
    // ssh stops at the same depth.
    private static let deepestInclude = 16

    private static func folder(_ path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }

    private static func entries(path: String, directory: String, depth: Int) -> [Entry] {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else { return [] }
        return entries(text: String(decoding: data, as: UTF8.self), directory: directory, depth: depth)
    }

    private static func entries(text: String, directory: String, depth: Int) -> [Entry] {
        var patterns: [String]?
        var inMatch = false
        var entries: [Entry] = []
        for line in text.split(whereSeparator: \.isNewline) {
            let words = ConfigLine.words(line)
            guard let keyword = words.first?.lowercased(), words.count > 1 else { continue }
            switch keyword {
            case "host":
                patterns = Array(words.dropFirst())
                inMatch = false
            case "match":
                // `Match all` is the one condition that needs no evaluation.
                inMatch = words.dropFirst().map({ $0.lowercased() }) != ["all"]
                patterns = nil
                if inMatch { entries.append(Entry(patterns: nil, keyword: "match", value: words[1])) }
            case _ where inMatch:
                continue
            case "include" where depth < deepestInclude:
                for file in words.dropFirst().flatMap({ included($0, directory: directory) }) {
                    entries += self.entries(path: file, directory: directory, depth: depth + 1)
                        .filter { $0.patterns == nil || patterns == nil }
                        .map { Entry(patterns: $0.patterns ?? patterns, keyword: $0.keyword, value: $0.value) }
                }
            default:
                entries.append(Entry(patterns: patterns, keyword: keyword, value: words[1]))
            }
        }
        return entries
    }

    private static func included(_ word: String, directory: String) -> [String] {
        let pattern = word.hasPrefix("/") || word.hasPrefix("~") ? word : "\(directory)/\(word)"
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, GLOB_TILDE, nil, &found) == 0, let paths = found.gl_pathv else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { paths[$0].map { String(cString: $0) } }
    }
}
