// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCourier

/// 32 bytes: the SHA-256 of a content, or the key of a link.
package struct Digest: Equatable {
    private var first: UInt64 = 0
    private var second: UInt64 = 0
    private var third: UInt64 = 0
    private var fourth: UInt64 = 0

    package static let size = 32

    init() {}

    /// - Parameter bytes: 32 of them.
    package init(_ bytes: UnsafeRawBufferPointer) {
        withUnsafeMutableBytes(of: &self) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes.prefix(32))) }
    }

    /// - Parameter hex: 64 digits, lower case.
    package init?(hex: ArraySlice<UInt8>) {
        guard hex.count == 64 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 32)
        for (index, digit) in hex.enumerated() {
            let value: UInt8
            switch digit {
            case 0x30...0x39: value = digit - 0x30
            case 0x61...0x66: value = digit - 0x61 + 10
            default: return nil
            }
            bytes[index / 2] = bytes[index / 2] << 4 | value
        }
        self = bytes.withUnsafeBytes { Digest($0) }
    }

    package var bytes: [UInt8] { withUnsafeBytes(of: self) { [UInt8]($0) } }

    package var hex: [UInt8] {
        var digits: [UInt8] = []
        for byte in bytes {
            for half in [byte >> 4, byte & 15] { digits.append(half < 10 ? 0x30 + half : 0x61 + half - 10) }
        }
        return digits
    }

    /// Overwrites a key that is needed no more.
    mutating func forget() { withUnsafeMutableBytes(of: &self) { sodium_memzero($0.baseAddress, $0.count) } }
}

/// SHA-256 of bytes that come in pieces, by libcrypto's assembler: each byte of a push goes through it once.
package struct Hasher256 {
    private var context = SHA256_CTX()

    package init() { SHA256_Init(&context) }

    package mutating func add(_ bytes: UnsafeRawBufferPointer) {
        SHA256_Update(&context, bytes.baseAddress, bytes.count)
    }

    package mutating func digest() -> Digest {
        var digest = Digest()
        withUnsafeMutableBytes(of: &digest) { raw in
            _ = SHA256_Final(raw.bindMemory(to: UInt8.self).baseAddress, &context)
        }
        return digest
    }
}
