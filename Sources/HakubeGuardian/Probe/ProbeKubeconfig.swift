// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import COpenSSL

/// Where a kubeconfig leads and what it logs in with, as much of it as a probe needs.
///
/// It is read line by line, because a YAML parser is no part of a small static program: kubeadm, kubelet and kubectl write a
/// key and its value on one line. A file of another form, or with more than one cluster, is refused.
package struct ProbeKubeconfig: Sendable, Hashable {
    /// PEM, by itself or in a file.
    package enum Credential: Sendable, Hashable {
        case file(String)
        case text([UInt8])
    }

    package let server: ProbeServer
    /// The name in the server's certificate, where it is another than the server's.
    package let serverName: String?
    package let authority: Credential
    /// Both or neither.
    package let certificate: Credential?
    package let key: Credential?

    /// - Parameter place: the file's name, for the sentence.
    package init(parsing bytes: [UInt8], place: String) throws(UsageError) {
        let values = Self.values(String(decoding: bytes, as: UTF8.self))
        func one(_ name: String) throws(UsageError) -> String? {
            let found = values[name] ?? []
            guard found.count < 2 else {
                throw UsageError("\(place) has \(found.count) lines \(name): it has to be a kubeconfig of one cluster")
            }
            return found.first
        }
        func credential(_ name: String) throws(UsageError) -> Credential? {
            if let data = try one("\(name)-data") {
                guard let text = Self.decoded(data) else { throw UsageError("\(place): \(name)-data is no base64") }
                return .text(text)
            }
            return try one(name).map { .file($0) }
        }
        guard let url = try one("server") else {
            throw UsageError("\(place) names no server: it has to be a kubeconfig in YAML, a key a line")
        }
        guard url.hasPrefix("https://"), let server = ProbeServer(Self.authority(of: url)) else {
            throw UsageError("\(place): the server \"\(url)\" is no https://NAME:PORT")
        }
        guard let authority = try credential("certificate-authority") else {
            throw UsageError("\(place) has no certificate-authority to know the server by")
        }
        self.server = server
        self.authority = authority
        serverName = try one("tls-server-name")
        certificate = try credential("client-certificate")
        key = try credential("client-key")
        guard (certificate == nil) == (key == nil) else {
            throw UsageError("\(place) has a client certificate without its key, or a key without its certificate")
        }
    }

    /// What stands between the scheme and the path.
    private static func authority(of url: String) -> String {
        String(url.dropFirst("https://".count).prefix { $0 != "/" })
    }

    /// The values of every key, wherever it stands; comments and lists' dashes are passed over.
    private static func values(_ text: String) -> [String: [String]] {
        var values: [String: [String]] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            var rest = line.drop { $0 == " " }
            while rest.hasPrefix("- ") { rest = rest.dropFirst(2).drop { $0 == " " } }
            guard let colon = rest.firstIndex(of: ":"), rest.first != "#" else { continue }
            var value = rest[rest.index(after: colon)...].drop { $0 == " " }
            while value.last == " " { value = value.dropLast() }
            for quote in ["\"", "'"] where value.count > 1 && value.hasPrefix(quote) && value.hasSuffix(quote) {
                value = value.dropFirst().dropLast()
            }
            guard !value.isEmpty else { continue }
            values[String(rest[..<colon]), default: []].append(String(value))
        }
        return values
    }

    private static func decoded(_ text: String) -> [UInt8]? {
        let input = Array(text.utf8)
        guard !input.isEmpty, input.count.isMultiple(of: 4) else { return nil }
        var output = [UInt8](repeating: 0, count: input.count / 4 * 3)
        guard EVP_DecodeBlock(&output, input, Int32(input.count)) == output.count else { return nil }
        let padding = input.suffix(2).count { $0 == UInt8(ascii: "=") }
        return Array(output.dropLast(padding))
    }
}
