// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto
import FoundationEssentials

/// A private key of OpenSSH's, without a passphrase, that signs bundles.
package struct SigningKey: Sendable {
    private let key: Curve25519.Signing.PrivateKey
    package let publicKey: PublicKey

    /// Reads what `ssh-keygen -t ed25519` wrote (OpenSSH's PROTOCOL.key).
    /// - Throws: `BundleError`.
    package init(file: String) throws {
        guard let text = try FileBytes.text(file, followingLinks: true) else {
            throw BundleError(file, "the key is missing", "make one with `ssh-keygen -t ed25519`")
        }
        try self.init(text: text, place: file)
    }

    init(text: String, place: String) throws {
        let damage = BundleError(
            place, "is no private key of OpenSSH's, or is damaged", "make one with `ssh-keygen -t ed25519`")
        guard let bytes = Armor.privateKey.data(in: text) else { throw damage }
        do { try self.init(bytes, place: place) } catch is SSHWire.Cut { throw damage } catch is CryptoKitError {
            throw damage
        }
    }

    private init(_ bytes: [UInt8], place: String) throws {
        let damage = BundleError(place, "the key is damaged", "make one with `ssh-keygen -t ed25519`")
        var wire = SSHWire(bytes)
        guard try wire.take(15) == Array("openssh-key-v1\u{0}".utf8) else { throw damage }
        let cipher = try wire.text()
        _ = try wire.string()
        _ = try wire.string()
        guard try wire.number() == 1 else { throw damage }
        _ = try wire.string()
        let section = try wire.string()
        guard cipher == "none" else {
            throw BundleError(
                place, "the key has a passphrase, which hakube does not ask for",
                "sign with `ssh-keygen -Y sign -n \(SSHSignature.namespace)` and attach that: see docs/bundle.md")
        }
        var secret = SSHWire(section)
        // The same number twice: that is how a wrong passphrase is found.
        guard try secret.number() == secret.number() else { throw damage }
        let algorithm = try secret.text()
        guard algorithm == PublicKey.algorithm else {
            throw BundleError(
                place, "is a key for \(algorithm.prefix(40)), and bundles are signed by Ed25519 keys only",
                "make one with `ssh-keygen -t ed25519`")
        }
        let raw = try secret.string()
        let pair = try secret.string()
        guard raw.count == 32, pair.count == 64, Array(pair.suffix(32)) == raw else { throw damage }
        key = try Curve25519.Signing.PrivateKey(rawRepresentation: pair.prefix(32))
        guard [UInt8](key.publicKey.rawRepresentation) == raw else { throw damage }
        publicKey = PublicKey(raw: raw, comment: try secret.text())
    }

    /// The armored signature of a manifest.
    func signature(of message: [UInt8]) throws -> [UInt8] {
        let signed = [UInt8](try key.signature(for: SSHSignature.signedData(message, hash: .sha512)))
        return [UInt8](SSHSignature(key: publicKey, hash: .sha512, signature: signed).armored.utf8)
    }
}
