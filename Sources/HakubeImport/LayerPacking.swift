// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import CLibArchive
import Crypto
import HakubeBundle

/// How a layer is compressed, by its first bytes.
enum LayerPacking {
    case plain, gzip, zstd

    init(head: [UInt8]) {
        if head.starts(with: [0x1f, 0x8b]) {
            self = .gzip
        } else if head.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) {
            self = .zstd
        } else {
            self = .plain
        }
    }

    /// What comes after the media type of a plain layer.
    var suffix: String {
        switch self {
        case .plain: ""
        case .gzip: "+gzip"
        case .zstd: "+zstd"
        }
    }

    /// The digest of what is in a compressed layer.
    ///
    /// - Throws: `BundleError` where it cannot be decompressed, or grows without measure.
    func plainDigest(of path: String, _ limits: ImportLimits, _ title: String) throws -> String {
        guard let handle = archive_read_new() else { throw ImportFile.fault("read", path) }
        defer { archive_read_free(handle) }
        if self == .zstd { archive_read_support_filter_zstd(handle) } else { archive_read_support_filter_gzip(handle) }
        archive_read_support_format_raw(handle)
        var entry: OpaquePointer?
        guard archive_read_open_filename(handle, path, 1 << 18) == ARCHIVE_OK,
            archive_read_next_header(handle, &entry) == ARCHIVE_OK
        else { throw damage(title) }
        // A layer is counted by itself: what is in it goes nowhere but through the sum.
        let budget = ImportBudget(limits)
        var sum = SHA256()
        return try withUnsafeTemporaryAllocation(byteCount: 1 << 18, alignment: 16) { buffer in
            while true {
                let count = archive_read_data(handle, buffer.baseAddress, buffer.count)
                guard count >= 0 else { throw damage(title) }
                guard count > 0 else { return ImageDigest.text(sum.finalize()) }
                try budget.take(count, of: title, read: Int(archive_filter_bytes(handle, -1)))
                sum.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer.prefix(count)))
                try Task.checkCancellation()
            }
        }
    }

    private func damage(_ title: String) -> BundleError {
        BundleError(title, "a compressed layer is damaged", "save the image again")
    }
}
