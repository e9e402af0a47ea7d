// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CLibArchive
import Glibc
import HakubeBundle

/// Takes named members out of an archive that somebody else made. Nothing of the archive decides where a byte goes: its
/// names are only compared, and only regular files are read.
enum ArchiveMembers {
    /// The largest program seen is kubelet with 130 MB.
    private static let sizeLimit = 2 << 30
    private static let countLimit = 100_000
    /// Bytes that come out of an archive, members that nobody wants included.
    static let totalLimit = 8 << 30

    /// - Parameters:
    ///   - members: by name in the archive (`./` in front makes no difference) the file to write, mode 0755.
    ///   - origin: address of the archive, for the sentence.
    /// - Throws: `BundleError`; what was written until then stays.
    static func extract(_ archive: String, _ members: [String: String], origin: String, limit: Int = totalLimit) throws
    {
        guard let handle = archive_read_new() else { throw LocalFile.fault("read", archive) }
        defer { archive_read_free(handle) }
        archive_read_support_filter_gzip(handle)
        archive_read_support_filter_zstd(handle)
        archive_read_support_filter_xz(handle)
        archive_read_support_filter_bzip2(handle)
        archive_read_support_format_tar(handle)
        archive_read_support_format_zip(handle)
        guard archive_read_open_filename(handle, archive, 1 << 18) == ARCHIVE_OK else { throw damage(handle, origin) }
        var wanted = Dictionary(members.map { (plain($0.key), $0.value) }) { first, _ in first }
        var count = 0
        var entry: OpaquePointer?
        while !wanted.isEmpty {
            let status = archive_read_next_header(handle, &entry)
            if status == ARCHIVE_EOF { break }
            count += 1
            guard status == ARCHIVE_OK || status == ARCHIVE_WARN, count <= countLimit else {
                throw damage(handle, origin)
            }
            try Task.checkCancellation()
            // libarchive reads on to the next header through all that it skips, so what is to come is asked before.
            try check(handle, adding: Int(archive_entry_size(entry)), origin, limit)
            guard let name = archive_entry_pathname(entry).map({ plain(String(cString: $0)) }),
                let path = wanted[name]
            else { continue }
            guard archive_entry_filetype(entry) == Glibc.S_IFREG, archive_entry_hardlink(entry) == nil else {
                throw BundleError(
                    origin, "the member \(name) is no regular file", "name the file itself under `members`")
            }
            try write(handle, to: path, origin: origin, name: name, limit: limit)
            wanted[name] = nil
        }
        guard let missing = wanted.keys.sorted().first else { return }
        throw BundleError(
            origin, "the archive has no member \(missing)",
            "look at what is in it, and mend `members` in the sources")
    }

    private static func write(_ handle: OpaquePointer, to path: String, origin: String, name: String, limit: Int) throws
    {
        try LocalFile.makeFolder(LocalFile.folder(of: path))
        unlink(path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o755)
        guard descriptor >= 0 else { throw LocalFile.fault("write", path) }
        defer { close(descriptor) }
        var size = 0
        try withUnsafeTemporaryAllocation(byteCount: 1 << 18, alignment: 16) { buffer in
            while true {
                let count = archive_read_data(handle, buffer.baseAddress, buffer.count)
                guard count >= 0 else { throw damage(handle, origin) }
                guard count > 0 else { return }
                size += count
                guard size <= sizeLimit else {
                    throw BundleError(origin, "the member \(name) is larger than 2 GiB", "look at what is there")
                }
                try check(handle, adding: 0, origin, limit)
                try Task.checkCancellation()
                let block = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer).prefix(count))
                try LocalFile.writeAll(block, to: descriptor, path: path)
            }
        }
    }

    private static func check(_ handle: OpaquePointer, adding size: Int, _ origin: String, _ limit: Int) throws {
        // Filter 0 is the one whose output the format reads: bytes after decompression.
        let (sum, isTooLong) = Int(archive_filter_bytes(handle, 0)).addingReportingOverflow(max(0, size))
        guard !isTooLong, sum <= limit else {
            throw BundleError(origin, "the archive unpacks to more than \(limit >> 20) MiB", "look at what is there")
        }
    }

    private static func plain(_ name: String) -> String {
        let bare = name.hasPrefix("./") ? name.dropFirst(2) : name[...]
        return String(bare.hasSuffix("/") ? bare.dropLast() : bare)
    }

    private static func damage(_ handle: OpaquePointer, _ origin: String) -> BundleError {
        let reason = archive_error_string(handle).map { String(cString: $0) } ?? "it has too many members"
        return BundleError(
            origin, "is no archive that can be read: \(reason)", "look at what is there, and build with --refresh")
    }
}
