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
    private let file: StoredFile
    private let handle: OpaquePointer

    init(path: String) throws(BundleError) {
        file = try StoredFile(path: path)
        guard let handle = archive_read_new() else {
            throw .system("read", path, code: ENOMEM, remedy: "free some memory")
        }
        self.path = path
        self.handle = handle

        archive_read_support_filter_gzip(handle)
        archive_read_support_filter_zstd(handle)
        archive_read_support_format_raw(handle)
        let client = Unmanaged.passUnretained(file).toOpaque()
        let opened = archive_read_open2(
            handle, client, nil,
            { _, client, bytes in
                guard let client else { return -1 }
                let block = Unmanaged<StoredFile>.fromOpaque(client).takeUnretainedValue().next()
                bytes?.pointee = block?.baseAddress
                return block?.count ?? -1
            }, nil, nil)
        var entry: OpaquePointer?
        guard opened == ARCHIVE_OK, archive_read_next_header(handle, &entry) == ARCHIVE_OK else { throw damage() }
    }

    deinit { archive_read_free(handle) }

    /// Size of the file as it is stored.
    var fileSize: Int { file.size }
    /// Bytes of the stored file read so far; the file's size at the end of the content.
    var consumed: Int { file.position == file.contentSize ? file.size : file.position }

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

    /// To be called at the end of the stream: whether the stored bytes are the ones that were packed.
    func checkSeal() throws(BundleError) {
        let used = Int(archive_filter_bytes(handle, -1))
        guard used == file.contentSize else {
            throw BundleError(path, "\(file.contentSize - used) bytes follow the compressed archive", Remedy.again)
        }
        switch file.sealState {
        case .unneeded, .right: return
        case .wrong:
            throw BundleError(
                path, "a byte of the file is not as it was packed; its seal tells another sha256", Remedy.again)
        case .missing:
            throw BundleError(
                path, "the file has no seal: its end is damaged, or another program compressed it anew", Remedy.again)
        }
    }

    private func damage() -> BundleError {
        if let code = file.failure {
            return .system("read", path, code: code, remedy: "check the disk, and copy the bundle again")
        }
        let reason = archive_error_string(handle).map { String(cString: $0) } ?? "unknown error"
        return BundleError(
            path, "the file is damaged or cut short near byte \(file.position) of \(fileSize) (\(reason))", Remedy.again
        )
    }
}
