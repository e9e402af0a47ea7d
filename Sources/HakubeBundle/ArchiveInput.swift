// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CLibArchive
import Glibc

/// A bundle file read in order and decompressed on the way; zstd, gzip or plain is found out from its first bytes.
///
/// libarchive does the decompression; its tar reader forgives more than a bundle may be forgiven, so `TarReader`
/// stands above it. Holds one block of the file and one of its content in memory.
final class ArchiveInput {
    let path: String
    /// Size of the file as it is stored.
    let fileSize: Int
    private let handle: OpaquePointer

    init(path: String) throws(BundleError) {
        let remedy = "name a bundle file that you can read"
        guard let status = FileStatus(path, followingLinks: true) else {
            throw .system("open the bundle", path, code: errno, remedy: remedy)
        }
        guard status.kind == .file else { throw BundleError(path, "is not a regular file", remedy) }
        guard access(path, R_OK) == 0 else { throw .system("open the bundle", path, code: errno, remedy: remedy) }
        guard let handle = archive_read_new() else { throw .system("read", path, code: ENOMEM, remedy: remedy) }
        self.path = path
        fileSize = status.size
        self.handle = handle

        archive_read_support_filter_gzip(handle)
        archive_read_support_filter_zstd(handle)
        archive_read_support_format_raw(handle)
        var entry: OpaquePointer?
        guard fileSize > 0, archive_read_open_filename(handle, path, 1 << 18) == ARCHIVE_OK,
            archive_read_next_header(handle, &entry) == ARCHIVE_OK
        else { throw fileSize > 0 ? damage() : BundleError(path, "is empty and not a bundle", Remedy.again) }
    }

    deinit { archive_read_free(handle) }

    /// Bytes of the stored file used so far.
    var consumed: Int { Int(archive_filter_bytes(handle, -1)) }

    /// The next bytes of the tar stream, `nil` at its end. They stand until the next call.
    func next() throws(BundleError) -> UnsafeRawBufferPointer? {
        while true {
            var bytes: UnsafeRawPointer?
            var count = 0
            var offset: la_int64_t = 0
            switch archive_read_data_block(handle, &bytes, &count, &offset) {
            case ARCHIVE_OK where count > 0: return UnsafeRawBufferPointer(start: bytes, count: count)
            case ARCHIVE_OK: continue
            case ARCHIVE_EOF: return nil
            default: throw damage()
            }
        }
    }

    private func damage() -> BundleError {
        let reason = archive_error_string(handle).map { String(cString: $0) } ?? "unknown error"
        return BundleError(
            path, "the file is damaged or cut short near byte \(consumed) of \(fileSize) (\(reason))", Remedy.again)
    }
}
