// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CLibArchive
import Glibc

/// A folder that files are written into and never beside: every step downwards is taken from the folder above it and
/// follows no link, so nothing that lies there already can lead elsewhere.
final class TargetFolder {
    /// RENAME_NOREPLACE
    private static let noReplace: UInt32 = 1

    private let path: String
    private let descriptor: Int32

    /// Makes the folder where it is missing.
    init(_ path: String) throws(BundleError) {
        self.path = path
        if mkdir(path, 0o755) != 0 && errno != EEXIST {
            descriptor = -1
        } else {
            descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        guard descriptor >= 0 else {
            throw .system("write to the folder", path, code: errno, remedy: "name a folder that you can write to")
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Writes a file that gets its name only when it is whole.
    ///
    /// - Parameters:
    ///   - name: a path as `BundlePath` allows it.
    ///   - overwrites: whether a file of that name is replaced.
    func write(
        _ name: String, mode: Int, overwrites: Bool,
        _ content: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        let parts = name.split(separator: "/").map(String.init)
        guard let last = parts.last, BundlePath.fault(name) == nil || BundlePath.reserved.contains(name) else {
            throw BundleError("\(path)/\(name)", "the path leads elsewhere", Remedy.repack)
        }
        let folder = try folder(parts.dropLast(), for: name)
        defer { if folder != descriptor { close(folder) } }
        var status = stat()
        if !overwrites && fstatat(folder, last, &status, AT_SYMLINK_NOFOLLOW) == 0 { throw inTheWay(name) }
        let part = ".hakube-" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        let file = openat(folder, part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode_t(mode))
        guard file >= 0 else { throw fault(name, errno) }
        defer {
            close(file)
            unlinkat(folder, part, 0)
        }
        try content { bytes in
            var rest = bytes
            while !rest.isEmpty {
                let count = Glibc.write(file, rest.baseAddress, rest.count)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { throw self.fault(name, errno) }
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            }
        }
        // The umask has no say in what the manifest tells.
        guard fchmod(file, mode_t(mode)) == 0 else { throw fault(name, errno) }
        guard overwrites else { return try takeName(last, of: part, in: folder, for: name) }
        guard renameat(folder, part, folder, last) == 0 else { throw fault(name, errno) }
    }

    /// Refused where the name is taken, however lately.
    private func takeName(_ last: String, of part: String, in folder: Int32, for name: String) throws(BundleError) {
        if renameat2(folder, part, folder, last, Self.noReplace) == 0 { return }
        // Not every file system can; a link is refused just so, where there are links.
        if errno == EINVAL || errno == ENOSYS, linkat(folder, part, folder, last, 0) == 0 { return }
        throw errno == EEXIST ? inTheWay(name) : fault(name, errno)
    }

    /// The folder that a file lies in, made as far as it is missing.
    private func folder(_ parts: ArraySlice<String>, for name: String) throws(BundleError) -> Int32 {
        var current = descriptor
        for part in parts {
            if mkdirat(current, part, 0o755) != 0 && errno != EEXIST { throw fault(name, errno) }
            let next = openat(current, part, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
            let code = errno
            if current != descriptor { close(current) }
            guard next >= 0 else { throw fault(name, code) }
            current = next
        }
        return current
    }

    private func inTheWay(_ name: String) -> BundleError {
        BundleError("\(path)/\(name)", "is there already", "name another folder, or use --force to replace files")
    }

    private func fault(_ name: String, _ code: Int32) -> BundleError {
        .system("write", "\(path)/\(name)", code: code, remedy: "name a folder that you can write to")
    }
}
