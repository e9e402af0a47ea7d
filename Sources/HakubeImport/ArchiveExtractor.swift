// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CLibArchive
import Glibc
import HakubeBundle

/// Unpacks somebody else's tar, plain or compressed by gzip, zstd or xz.
///
/// Only folders and regular files are made, under names that were checked, in a folder nobody else can write to: with no link
/// and no device on the disk no entry can reach outside. Links are kept as names in the tree.
struct ArchiveExtractor {
    let budget: ImportBudget
    /// Called with the bytes of the archive that were read.
    var progress: (Int) -> Void = { _ in }

    static let endings = [".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst", ".tar.xz", ".txz"]

    static func isArchive(_ name: String) -> Bool {
        let name = name.lowercased()
        return endings.contains { name.hasSuffix($0) }
    }

    /// - Parameters:
    ///   - title: how sentences name the archive.
    ///   - root: a folder that is there and empty.
    /// - Throws: `BundleError`, `CancellationError`.
    func extract(_ file: String, called title: String, to root: String) throws -> FileTree {
        guard let tree = try extractKnown(file, called: title, to: root) else { throw Self.unknown(title) }
        return tree
    }

    /// As `extract`; `nil` for a file that is no archive of any kind.
    func extractKnown(_ file: String, called title: String, to root: String) throws -> FileTree? {
        guard let handle = archive_read_new() else { throw ImportFile.fault("read", title, code: ENOMEM) }
        defer { archive_read_free(handle) }
        for support in [
            archive_read_support_filter_gzip, archive_read_support_filter_zstd, archive_read_support_filter_xz,
        ] { _ = support(handle) }
        archive_read_support_format_tar(handle)
        guard archive_read_open_filename(handle, file, 1 << 18) == ARCHIVE_OK else {
            // So libarchive says that no format bid for it; of one that breaks off it says more.
            if archive_format(handle) == 0, archive_errno(handle) == EILSEQ { return nil }
            throw damage(handle, title)
        }
        var tree = FileTree(root: root, title: title, isOurs: true)
        var entry: OpaquePointer?
        while true {
            switch archive_read_next_header(handle, &entry) {
            case ARCHIVE_OK, ARCHIVE_WARN: break
            case ARCHIVE_EOF:
                guard !tree.files.isEmpty else { throw BundleError(title, "it holds no file", Self.remedy) }
                return tree
            default: throw damage(handle, title)
            }
            guard let entry else { continue }
            try budget.takeEntry(of: title)
            try Task.checkCancellation()
            try unpack(entry, handle, into: &tree)
            progress(Int(archive_filter_bytes(handle, -1)))
        }
    }

    private func unpack(_ entry: OpaquePointer, _ handle: OpaquePointer, into tree: inout FileTree) throws {
        let written = archive_entry_pathname_utf8(entry) ?? archive_entry_pathname(entry)
        guard let written, let text = String(validatingCString: written) else {
            throw BundleError(tree.title, "the name of an entry is no UTF-8 text", Self.remedy)
        }
        guard let name = FileTree.normal(text) else {
            throw BundleError(tree.title, "the entry `\(text.printable)` would land outside", Self.remedy)
        }
        if name.isEmpty { return }
        if let target = archive_entry_hardlink(entry) {
            guard let inside = FileTree.normal(String(cString: target)) else {
                throw BundleError(tree.title, "the hard link `\(name)` leads outside", Self.remedy)
            }
            if inside != name { try note(link: name, to: inside, in: &tree) }
            return
        }
        switch archive_entry_filetype(entry) {
        case UInt32(Glibc.S_IFDIR): try ImportFile.makeFolder("\(tree.root)/\(name)")
        case UInt32(Glibc.S_IFREG): try write(name, of: entry, handle, into: &tree)
        case UInt32(Glibc.S_IFLNK):
            let target = archive_entry_symlink(entry).map { String(cString: $0) } ?? ""
            // One that leads outside leads nowhere: whoever needs it will miss it.
            if let inside = FileTree.target(target, of: name) { try note(link: name, to: inside, in: &tree) }
        default:
            throw BundleError(tree.title, "the entry `\(name)` is a device, a pipe or a socket", Self.remedy)
        }
    }

    private func note(link name: String, to target: String, in tree: inout FileTree) throws {
        guard !tree.knows(name) else { throw twice(name, tree) }
        tree.note(link: name, to: target)
    }

    private func write(
        _ name: String, of entry: OpaquePointer, _ handle: OpaquePointer, into tree: inout FileTree
    ) throws {
        guard !tree.knows(name) else { throw twice(name, tree) }
        let path = "\(tree.root)/\(name)"
        if let slash = path.lastIndex(of: "/") { try ImportFile.makeFolder(String(path[..<slash])) }
        let mode: mode_t = archive_entry_perm(entry) & 0o111 == 0 ? 0o644 : 0o755
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw ImportFile.fault("write", path) }
        defer { close(descriptor) }
        try withUnsafeTemporaryAllocation(byteCount: 1 << 18, alignment: 16) { buffer in
            while true {
                let count = archive_read_data(handle, buffer.baseAddress, buffer.count)
                guard count >= 0 else { throw damage(handle, tree.title) }
                guard count > 0 else { return }
                try budget.take(count, of: tree.title, read: Int(archive_filter_bytes(handle, -1)))
                try ImportFile.write(UnsafeRawBufferPointer(rebasing: buffer.prefix(count)), to: descriptor, path)
                try Task.checkCancellation()
                progress(Int(archive_filter_bytes(handle, -1)))
            }
        }
        tree.note(file: name)
    }

    private static let remedy = "check where the file comes from; nothing was kept of it"

    private func twice(_ name: String, _ tree: FileTree) -> BundleError {
        BundleError(tree.title, "the entry `\(name)` stands in it twice", Self.remedy)
    }

    static func unknown(_ title: String) -> BundleError {
        BundleError(title, "it is no tar", "name a .tar, plain or compressed by gzip, zstd or xz")
    }

    private func damage(_ handle: OpaquePointer, _ title: String) -> BundleError {
        let reason = archive_error_string(handle).map { String(cString: $0) } ?? "unknown error"
        return BundleError(
            title, "it is no tar, or it is damaged or cut short (\(reason))",
            "name a .tar, plain or compressed by gzip, zstd or xz, and fetch it again if it should be one")
    }
}

extension String {
    /// Without what would move a terminal's cursor.
    var printable: String { String(unicodeScalars.map { $0.value < 32 || $0.value == 127 ? "?" : Character($0) }) }
}
