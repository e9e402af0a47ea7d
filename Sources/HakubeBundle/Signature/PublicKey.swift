// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto
import FoundationEssentials

/// An Ed25519 key of OpenSSH's that may sign bundles.
package struct PublicKey: Sendable, Hashable, CustomStringConvertible {
    static let algorithm = "ssh-ed25519"

    /// 32 bytes.
    let raw: [UInt8]
    /// What its owner wrote behind it; for people.
    let comment: String

    /// `nil` if the bytes are no Ed25519 key on the wire (RFC 8709, 4).
    init?(blob: [UInt8], comment: String = "") {
        var wire = SSHWire(blob)
        guard (try? wire.text()) == Self.algorithm, let raw = try? wire.string(), raw.count == 32, wire.isEmpty else {
            return nil
        }
        self.init(raw: raw, comment: comment)
    }

    init(raw: [UInt8], comment: String) {
        self.raw = raw
        self.comment = comment
    }

    var blob: [UInt8] { SSHWire.string(Self.algorithm) + SSHWire.string(raw) }

    /// `SHA256:…`, as `ssh-keygen -l` shows it.
    package var fingerprint: String {
        let text = Data(SHA256.hash(data: blob)).base64EncodedString()
        return "SHA256:" + text.prefix { $0 != "=" }
    }

    package var description: String { comment.isEmpty ? fingerprint : "\(fingerprint) (\(comment))" }

    func isSignature(_ signature: [UInt8], of data: [UInt8]) -> Bool {
        let key = try? Curve25519.Signing.PublicKey(rawRepresentation: raw)
        return key?.isValidSignature(signature, for: data) ?? false
    }

    /// The same key, whatever is written behind it.
    package static func == (left: PublicKey, right: PublicKey) -> Bool { left.raw == right.raw }
    package func hash(into hasher: inout Hasher) { hasher.combine(raw) }
}

/// Keys whose signatures are taken, as a file lists them.
package struct TrustedKeys: Sendable {
    package let keys: [PublicKey]

    /// Reads a public key (id_ed25519.pub), or several, one in a line. OpenSSH's allowed_signers has the same keys behind a
    /// name; its options are not read, so a line with some is refused rather than trusted in more than it says.
    ///
    /// - Throws: `BundleError`.
    package init(file: String) throws {
        guard let text = try FileBytes.text(file, followingLinks: true) else {
            throw BundleError(file, "the file of public keys is missing", "name one, such as id_ed25519.pub")
        }
        var keys: [PublicKey] = []
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            guard let key = try Self.key(line, place: "\(file):\(number + 1)") else { continue }
            keys.append(key)
        }
        guard !keys.isEmpty else {
            throw BundleError(file, "the file has no public key", "name one, such as id_ed25519.pub")
        }
        self.keys = keys
    }

    private static func key(_ line: Substring, place: String) throws(BundleError) -> PublicKey? {
        let words = line.split(whereSeparator: \.isWhitespace)
        guard let first = words.first, !first.hasPrefix("#") else { return nil }
        let start = first == PublicKey.algorithm ? 0 : 1
        guard words.count > start + 1, words[start] == PublicKey.algorithm,
            let blob = Data(base64Encoded: String(words[start + 1])),
            let key = PublicKey(blob: [UInt8](blob), comment: words.dropFirst(start + 2).joined(separator: " "))
        else {
            throw BundleError(
                place, "is no line with an Ed25519 key: ssh-ed25519, the key, a comment",
                "make a key with `ssh-keygen -t ed25519`, and name its .pub file")
        }
        return key
    }
}
