// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto

/// The sha256 of a compressed bundle's own bytes, at its end, in a form that every decompressor steps over.
///
/// Digests of the content do not see a byte that decompression ignores: gzip's date, a zstd window that is larger than
/// need be, two codes for the same bytes. With the seal a file that verifies is, bit by bit, the file that was packed.
/// A plain tar needs none, since the reader compares all of it.
enum Seal {
    /// What stands around the digest.
    private static func frame(of compression: BundleCompression) -> (before: [UInt8], after: [UInt8])? {
        switch compression {
        case .none: nil
        // A skippable frame (RFC 8878, 3.1.2): magic number and size, both little endian.
        case .zstd: ([0x5a, 0x2a, 0x4d, 0x18, 32, 0, 0, 0], [])
        // A second, empty member (RFC 1952, 2.3) whose extra field `HK` has the digest.
        case .gzip:
            (
                [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 36, 0, UInt8(ascii: "H"), UInt8(ascii: "K"), 32, 0],
                [3, 0, 0, 0, 0, 0, 0, 0, 0, 0]
            )
        }
    }

    static func size(for compression: BundleCompression) -> Int {
        frame(of: compression).map { $0.before.count + SHA256.byteCount + $0.after.count } ?? 0
    }

    static func bytes(_ digest: SHA256.Digest, for compression: BundleCompression) -> [UInt8] {
        frame(of: compression).map { $0.before + Array(digest) + $0.after } ?? []
    }

    /// Whether the last bytes of a file have the form of a seal, whatever their digest.
    static func isSeal(_ bytes: [UInt8], for compression: BundleCompression) -> Bool {
        guard let frame = frame(of: compression), bytes.count == size(for: compression) else { return false }
        return bytes.starts(with: frame.before) && bytes.suffix(frame.after.count) == frame.after[...]
    }
}

extension BundleCompression {
    /// By a file's first four bytes.
    init(magic: [UInt8]) {
        if magic.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) {
            self = .zstd
        } else {
            self = magic.starts(with: [0x1f, 0x8b]) ? .gzip : .none
        }
    }
}
