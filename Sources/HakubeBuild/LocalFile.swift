// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

// libarchive's headers include sys/stat.h, so the compiler counts `stat` as theirs when both modules are loaded.
import CLibArchive
import Glibc
import HakubeBundle

/// Files of the operator's machine: sources, manifests, programs and the cache.
enum LocalFile {
    static func isFolder(_ path: String) -> Bool { mode(path).map { $0 & Glibc.S_IFMT == Glibc.S_IFDIR } ?? false }
    static func isFile(_ path: String) -> Bool { mode(path).map { $0 & Glibc.S_IFMT == Glibc.S_IFREG } ?? false }
    static func exists(_ path: String) -> Bool { mode(path) != nil }
    static func isExecutable(_ path: String) -> Bool { isFile(path) && access(path, X_OK) == 0 }

    /// `nil` if it is no regular file.
    static func size(_ path: String) -> Int? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & Glibc.S_IFMT == Glibc.S_IFREG else { return nil }
        return Int(status.st_size)
    }

    /// The folder a path stands in, absolute.
    static func folder(of path: String) -> String {
        let whole = absolute(path)
        let cut = whole.lastIndex(of: "/").map { String(whole[..<$0]) } ?? ""
        return cut.isEmpty ? "/" : cut
    }

    static func name(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/") else { return path }
        guard let here = getcwd(nil, 0) else { return path }
        defer { free(here) }
        return String(cString: here) + "/" + path
    }

    /// A small file as text; `nil` if it cannot be read or is larger than `limit`.
    static func text(_ path: String, limit: Int = 16 << 20) -> String? {
        guard isFile(path) else { return nil }
        var bytes: [UInt8] = []
        guard
            (try? read(path) { block in
                bytes += block
                if bytes.count > limit { throw BundleError(problems: []) }
            }) != nil
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The first bytes; empty if it cannot be read.
    static func head(_ path: String, count: Int) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = max(0, pread(descriptor, buffer.baseAddress, count, 0))
        }
    }

    /// - Throws: `BundleError`, or what `consume` throws.
    static func read(_ path: String, _ consume: (UnsafeRawBufferPointer) throws -> Void) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw fault("read", path) }
        defer { close(descriptor) }
        try FileBytes.read(descriptor, failure: { fault("read", path) }, consume)
    }

    /// Writes beside and renames, so that a file under its name is whole.
    static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o644) throws {
        try makeFolder(folder(of: path))
        let part = path + ".part"
        unlink(part)
        let descriptor = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw fault("write", part) }
        defer { close(descriptor) }
        try bytes.withUnsafeBytes { try writeAll($0, to: descriptor, path: part) }
        fchmod(descriptor, mode)
        guard rename(part, path) == 0 else { throw fault("write", path) }
    }

    static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String) throws {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw fault("write", path) }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
    }

    /// With all folders above it.
    static func makeFolder(_ path: String) throws {
        var part = ""
        for name in absolute(path).split(separator: "/") {
            part += "/" + name
            guard mkdir(part, 0o755) == 0 || errno == EEXIST else { throw fault("make the folder", part) }
        }
    }

    /// A file under a second name; a copy where the file system has no links across.
    static func link(_ from: String, to path: String) throws {
        try makeFolder(folder(of: path))
        unlink(path)
        guard linkat(AT_FDCWD, from, AT_FDCWD, path, AT_SYMLINK_FOLLOW) != 0 else { return }
        try copy(from, to: path)
    }

    static func copy(_ from: String, to path: String) throws {
        try makeFolder(folder(of: path))
        unlink(path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw fault("write", path) }
        defer { close(descriptor) }
        try read(from) { try writeAll($0, to: descriptor, path: path) }
    }

    /// A folder and all below it; links are removed and not followed.
    static func remove(_ path: String) {
        if isLinkFree(path), let names = names(in: path) {
            for name in names { remove("\(path)/\(name)") }
            rmdir(path)
        } else {
            unlink(path)
        }
    }

    /// `nil` if it is no folder.
    static func names(in path: String) -> [String]? {
        guard let directory = opendir(path) else { return nil }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func fault(_ verb: String, _ path: String) -> BundleError {
        let reason = String(cString: strerror(errno))
        return BundleError(
            path, "cannot \(verb): \(reason)", "check the folder, its permissions and the space on its disk")
    }

    private static func mode(_ path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode : nil
    }

    private static func isLinkFree(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & Glibc.S_IFMT == Glibc.S_IFDIR
    }
}
