// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CLibArchive
import Glibc

/// How a bundle file is compressed.
package enum BundleCompression: String, Sendable, Hashable, CaseIterable {
    case zstd, gzip, none

    /// By the ending of a file name; `nil` for any other than .tar.zst, .tar.gz, .tgz and .tar.
    package init?(fileName: String) {
        let name = fileName.lowercased()
        if name.hasSuffix(".tar.zst") || name.hasSuffix(".tzst") {
            self = .zstd
        } else if name.hasSuffix(".tar.gz") || name.hasSuffix(".tgz") {
            self = .gzip
        } else if name.hasSuffix(".tar") {
            self = .none
        } else {
            return nil
        }
    }
}

/// A file that comes into being under its name only when it is whole: written as NAME.part, synced, renamed.
final class ArchiveOutput {
    private let path: String
    private let descriptor: Int32
    private let handle: OpaquePointer
    private var isWhole = false
    private var part: String { path + ".part" }

    private static let remedy = "free some space or write to another folder"

    init(path: String, compression: BundleCompression) throws(BundleError) {
        let part = path + ".part"
        let descriptor = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw .system("write", part, code: errno, remedy: Self.remedy) }
        guard let handle = archive_write_new() else {
            close(descriptor)
            throw .system("write", part, code: ENOMEM, remedy: Self.remedy)
        }
        self.path = path
        self.descriptor = descriptor
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
        guard archive_write_open_fd(handle, descriptor) == ARCHIVE_OK,
            archive_write_header(handle, entry) == ARCHIVE_OK
        else { throw failure() }
    }

    deinit {
        archive_write_free(handle)
        close(descriptor)
        if !isWhole { unlink(part) }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(BundleError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = archive_write_data(handle, rest.baseAddress, rest.count)
            guard count > 0 else { throw failure() }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
    }

    func write(_ bytes: [UInt8]) throws(BundleError) {
        do { try bytes.withUnsafeBytes { try write($0) } } catch let error as BundleError { throw error } catch {
            throw failure()
        }
    }

    /// Flushes, syncs and gives the file its name.
    func finish() throws(BundleError) {
        guard archive_write_close(handle) == ARCHIVE_OK else { throw failure() }
        guard fsync(descriptor) == 0, rename(part, path) == 0 else {
            throw .system("finish", path, code: errno, remedy: Self.remedy)
        }
        isWhole = true
    }

    private func failure() -> BundleError {
        let reason = archive_error_string(handle).map { String(cString: $0) } ?? "unknown error"
        return BundleError(part, "cannot write: \(reason)", Self.remedy)
    }
}
