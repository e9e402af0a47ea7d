// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CLibArchive
import Crypto
import Glibc

/// A bundle file being compressed. It comes into being under its name only when it is whole.
final class ArchiveOutput {
    private let file: PartFile
    private let compression: BundleCompression
    private let handle: OpaquePointer

    init(path: String, compression: BundleCompression) throws(BundleError) {
        file = try PartFile(path: path)
        guard let handle = archive_write_new() else { throw file.fault(ENOMEM) }
        self.compression = compression
        self.handle = handle

        archive_write_set_format_raw(handle)
        archive_write_set_bytes_per_block(handle, 1 << 18)
        archive_write_set_bytes_in_last_block(handle, 1)
        switch compression {
        case .zstd:
            archive_write_add_filter_zstd(handle)
            archive_write_set_filter_option(handle, "zstd", "compression-level", "3")
            // Zero means every core. The frames do not depend on the number of threads; a library without threads
            // answers with a warning and works on one.
            archive_write_set_filter_option(handle, "zstd", "threads", "0")
        case .gzip:
            archive_write_add_filter_gzip(handle)
            archive_write_set_filter_option(handle, "gzip", "compression-level", "6")
            // The time of day in gzip's header would make every file differ.
            archive_write_set_filter_option(handle, "gzip", "timestamp", nil)
        case .none: break
        }
        let entry = archive_entry_new()
        defer { archive_entry_free(entry) }
        archive_entry_set_pathname(entry, "data")
        archive_entry_set_filetype(entry, UInt32(Glibc.S_IFREG))
        let client = Unmanaged.passUnretained(file).toOpaque()
        let opened = archive_write_open(
            handle, client, nil,
            { _, client, bytes, count in
                guard let client else { return -1 }
                let block = UnsafeRawBufferPointer(start: bytes, count: count)
                return Unmanaged<PartFile>.fromOpaque(client).takeUnretainedValue().write(block) ? count : -1
            }, nil)
        guard opened == ARCHIVE_OK, archive_write_header(handle, entry) == ARCHIVE_OK else { throw fault() }
    }

    deinit { archive_write_free(handle) }

    func write(_ bytes: UnsafeRawBufferPointer) throws(BundleError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = archive_write_data(handle, rest.baseAddress, rest.count)
            guard count > 0 else { throw fault() }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
    }

    func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try write($0) }
    }

    /// Flushes, seals and names the file.
    func finish() throws {
        guard archive_write_close(handle) == ARCHIVE_OK else { throw fault() }
        try file.finish(with: Seal.bytes(file.digest, for: compression))
    }

    private func fault() -> BundleError {
        if let code = file.failure { return file.fault(code) }
        let reason = archive_error_string(handle).map { String(cString: $0) } ?? "unknown error"
        return BundleError(
            file.path, "cannot compress: \(reason)", "check that libarchive was built with this compression")
    }
}

/// A file written as NAME.part, synced and renamed when it is whole, unlinked when it never is.
final class PartFile {
    let path: String
    /// errno of the write that failed.
    private(set) var failure: Int32?
    private let descriptor: Int32
    private var sum = SHA256()
    private var isWhole = false
    private var part: String { path + ".part" }

    init(path: String) throws(BundleError) {
        self.path = path
        descriptor = open(path + ".part", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw fault(errno) }
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        if !isWhole { unlink(part) }
    }

    /// Of all bytes written so far.
    var digest: SHA256.Digest { sum.finalize() }

    /// False, and `failure` set, if not all bytes could be written.
    func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        sum.update(bufferPointer: bytes)
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                failure = errno
                return false
            }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
        return true
    }

    func finish(with end: [UInt8]) throws {
        guard end.withUnsafeBytes({ write($0) }), fsync(descriptor) == 0, rename(part, path) == 0 else {
            throw fault(errno)
        }
        isWhole = true
    }

    func fault(_ code: Int32) -> BundleError {
        .system("write", part, code: code, remedy: "free some space or write to another folder")
    }
}
