// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto

/// What ends a bundle file: a frame with the two empty blocks of a tar archive, and the seal behind it.
///
/// The seal is the sha256 of the head (manifest and signature) and of that last frame, in a form that every decompressor
/// steps over. The frames between are sealed by the manifest itself, one by one. So a file that verifies is, bit by bit,
/// one that was packed; digests of the content alone do not see a byte that decompression ignores: gzip's date, a window
/// of zstd's that is larger than need be; and nothing else sees one in a manifest that nobody signed.
enum Seal {
    /// What stands around the digest.
    private static func frame(of compression: BundleCompression) -> (before: [UInt8], after: [UInt8]) {
        switch compression {
        // A block behind the end of the archive, where tar reads no more.
        case .none: (Array("hakube-seal".utf8) + [UInt8](repeating: 0, count: 512 - 11 - SHA256.byteCount), [])
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

    /// 1,024 zeros as a frame. Written by hand, so that its size is known whichever library is at work.
    static func trailer(_ compression: BundleCompression) -> [UInt8] {
        switch compression {
        case .none: TarHeader.trailer
        // One segment of 256 + 768 bytes, in one last block that repeats a zero 1,024 times (RFC 8878, 3.1.1).
        case .zstd: [0x28, 0xb5, 0x2f, 0xfd, 0x60, 0x00, 0x03, 0x03, 0x20, 0x00, 0x00]
        // One stored block, the checksum of 1,024 zeros and their number (RFC 1951, 3.2.4).
        case .gzip:
            [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1, 0x00, 0x04, 0xff, 0xfb] + TarHeader.trailer
                + [0x2e, 0xaf, 0xb5, 0xef, 0x00, 0x04, 0x00, 0x00]
        }
    }

    static func size(for compression: BundleCompression) -> Int {
        let frame = frame(of: compression)
        return frame.before.count + SHA256.byteCount + frame.after.count
    }

    /// Bytes that the last frame and the seal take.
    static func endSize(_ compression: BundleCompression) -> Int { trailer(compression).count + size(for: compression) }

    /// The end of a file with this head: the last frame and the seal.
    static func end(head: [UInt8], _ compression: BundleCompression) -> [UInt8] {
        let trailer = trailer(compression)
        let frame = frame(of: compression)
        var digest = SHA256()
        digest.update(data: head)
        digest.update(data: trailer)
        return trailer + frame.before + Array(digest.finalize()) + frame.after
    }

    /// Whether the last bytes of a file have the form of an end, whatever their digest.
    static func isEnd(_ bytes: [UInt8], _ compression: BundleCompression) -> Bool {
        let trailer = trailer(compression)
        guard bytes.count == endSize(compression), bytes.starts(with: trailer) else { return false }
        let frame = frame(of: compression)
        return bytes.dropFirst(trailer.count).starts(with: frame.before)
            && bytes.suffix(frame.after.count) == frame.after[...]
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
