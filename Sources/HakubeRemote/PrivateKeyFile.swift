// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials

/// What a private key file tells without its passphrase.
package struct PrivateKeyFile: Sendable {
    package let path: String
    package let isEncrypted: Bool
    /// `ssh-ed25519`, …; `nil` if only the decrypted key would tell.
    package let type: String?
    /// The public key on the wire (RFC 4253 section 6.6), to find the same key in an agent.
    package let publicBlob: [UInt8]?

    package var isRSA: Bool { type == "ssh-rsa" }

    /// `nil` when the file cannot be read.
    package init?(path: String) {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else { return nil }
        self.init(path: path, text: String(decoding: data, as: UTF8.self), publicText: PrivateKeyFile.publicText(path))
    }

    package init(path: String, text: String, publicText: String? = nil) {
        self.path = path
        let lines = text.split(whereSeparator: \.isNewline)
        let body = lines.filter { !$0.hasPrefix("-----") && !$0.contains(":") }.joined()
        if text.contains("-----BEGIN OPENSSH PRIVATE KEY-----"), let data = Data(base64Encoded: body) {
            // PROTOCOL.key of OpenSSH: magic, cipher, kdf, kdf options, number of keys, public key, encrypted part.
            var reader = WireReader(Array(data.dropFirst("openssh-key-v1\0".utf8.count)))
            let cipher = reader.string()
            _ = reader.bytes()
            _ = reader.bytes()
            _ = reader.number()
            let blob = reader.bytes()
            isEncrypted = cipher != nil && cipher != "none"
            publicBlob = blob
            type = blob.flatMap { blob in
                var inner = WireReader(blob)
                return inner.string()
            }
            return
        }
        isEncrypted = text.contains("ENCRYPTED")
        let fields = (publicText ?? "").split(separator: " ")
        publicBlob = fields.count > 1 ? Data(base64Encoded: String(fields[1])).map { Array($0) } : nil
        if fields.count > 1 {
            type = String(fields[0])
        } else {
            type = text.contains("BEGIN RSA PRIVATE KEY") ? "ssh-rsa" : nil
        }
    }

    private static func publicText(_ path: String) -> String? {
        (try? Data(contentsOf: URL(filePath: path + ".pub"))).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Reads the length-prefixed fields of RFC 4251 section 5.
package struct WireReader {
    private var rest: ArraySlice<UInt8>

    package init(_ bytes: [UInt8]) { rest = bytes[...] }

    package mutating func number() -> Int? {
        guard rest.count >= 4 else { return nil }
        defer { rest = rest.dropFirst(4) }
        return rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    }

    package mutating func bytes() -> [UInt8]? {
        guard let count = number(), rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    package mutating func string() -> String? { bytes().map { String(decoding: $0, as: UTF8.self) } }

    package mutating func skip(_ count: Int) { rest = rest.dropFirst(count) }
}
