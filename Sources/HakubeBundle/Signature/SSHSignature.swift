// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto

/// A signature as `ssh-keygen -Y sign` makes it (OpenSSH's PROTOCOL.sshsig), so that ssh-keygen can check what hakube
/// signed and the other way round.
struct SSHSignature {
    /// A signature made for anything else, a mail or a commit, is none for a bundle.
    static let namespace = "hakube-bundle"
    private static let magic = Array("SSHSIG".utf8)

    enum Hash: String {
        case sha256, sha512

        func digest(_ message: [UInt8]) -> [UInt8] {
            switch self {
            case .sha256: Array(SHA256.hash(data: message))
            case .sha512: Array(SHA512.hash(data: message))
            }
        }
    }

    /// What is wrong with a signature, in words.
    struct Fault: Error { let message: String }

    let key: PublicKey
    let hash: Hash
    /// 64 bytes.
    let signature: [UInt8]

    init(key: PublicKey, hash: Hash, signature: [UInt8]) {
        self.key = key
        self.hash = hash
        self.signature = signature
    }

    init(armored text: [UInt8]) throws(Fault) {
        let damage = Fault(message: "the signature is damaged")
        guard let data = Armor.signature.data(in: String(decoding: text, as: UTF8.self)) else { throw damage }
        do { self = try Self.parse(data) } catch let fault as Fault { throw fault } catch { throw damage }
    }

    private static func parse(_ data: [UInt8]) throws -> SSHSignature {
        var wire = SSHWire(data)
        let damage = Fault(message: "the signature is damaged")
        guard try wire.take(6) == magic, try wire.number() == 1 else { throw damage }
        guard let key = PublicKey(blob: try wire.string()) else {
            throw Fault(message: "the signature is by a key that is not Ed25519")
        }
        let namespace = try wire.text()
        guard namespace == Self.namespace else {
            throw Fault(message: "the signature was made for `\(namespace.prefix(40))`, not for \(Self.namespace)")
        }
        _ = try wire.string()
        guard let hash = Hash(rawValue: try wire.text()) else { throw damage }
        var inner = SSHWire(try wire.string())
        guard wire.isEmpty, try inner.text() == PublicKey.algorithm else { throw damage }
        let signature = try inner.string()
        guard signature.count == 64, inner.isEmpty else { throw damage }
        return SSHSignature(key: key, hash: hash, signature: signature)
    }

    var armored: String {
        let inner = SSHWire.string(PublicKey.algorithm) + SSHWire.string(signature)
        return Armor.signature.text(
            Self.magic + [0, 0, 0, 1] + SSHWire.string(key.blob) + SSHWire.string(Self.namespace) + SSHWire.string("")
                + SSHWire.string(hash.rawValue) + SSHWire.string(inner))
    }

    func isValid(for message: [UInt8]) -> Bool {
        key.isSignature(signature, of: Self.signedData(message, hash: hash))
    }

    /// What the key signs: not the message, but its digest and what the signature is for.
    static func signedData(_ message: [UInt8], hash: Hash) -> [UInt8] {
        magic + SSHWire.string(namespace) + SSHWire.string("") + SSHWire.string(hash.rawValue)
            + SSHWire.string(hash.digest(message))
    }
}
