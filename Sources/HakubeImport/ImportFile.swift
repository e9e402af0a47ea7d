// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CLibArchive
import FoundationEssentials
import Glibc
import HakubeBundle

/// Files of an import: read, hashed, linked or copied. No link is ever followed.
enum ImportFile {
    /// - Throws: `BundleError`, or what `consume` throws.
    static func read(_ path: String, _ consume: (UnsafeRawBufferPointer) throws -> Void) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw fault("read", path) }
        defer { close(descriptor) }
        try FileBytes.read(descriptor, failure: { fault("read", path) }) { bytes in
            try consume(bytes)
            try Task.checkCancellation()
        }
    }

    static func head(_ path: String, _ count: Int = 32) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = max(0, pread(descriptor, buffer.baseAddress, count, 0))
        }
    }

    /// A whole small file; `nil` when it is none, or larger than `limit`.
    static func bytes(_ path: String, limit: Int) throws -> [UInt8]? {
        guard let size = size(path), size <= limit else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        try read(path) { bytes += $0.prefix(max(0, limit - bytes.count)) }
        return bytes
    }

    /// `nil` for what is no regular file.
    static func size(_ path: String) -> Int? {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & Glibc.S_IFMT == Glibc.S_IFREG else { return nil }
        return Int(status.st_size)
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// With those above it. No link is followed in its last part.
    static func makeFolder(_ path: String) throws {
        if mkdir(path, 0o700) == 0 { return }
        let code = errno
        if code == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try makeFolder(String(path[..<slash]))
            return try makeFolder(path)
        }
        var status = stat()
        guard code == EEXIST, lstat(path, &status) == 0, status.st_mode & Glibc.S_IFMT == Glibc.S_IFDIR else {
            throw fault("make a folder", path, code: code)
        }
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw fault("write", path) }
        defer { close(descriptor) }
        try bytes.withUnsafeBytes { try write($0, to: descriptor, path) }
    }

    static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, _ path: String) throws {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw fault("write", path) }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
    }

    /// A second name for the same bytes where one file system holds both, else a copy.
    static func place(_ source: String, at path: String) throws {
        unlink(path)
        if link(source, path) == 0 { return }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o755)
        guard descriptor >= 0 else { throw fault("write", path) }
        defer { close(descriptor) }
        try read(source) { try write($0, to: descriptor, path) }
    }

    static func fault(_ verb: String, _ path: String, code: Int32 = errno) -> BundleError {
        BundleError(
            path, "cannot \(verb): \(String(cString: strerror(code)))",
            code == ENOSPC ? "make room, or name an output on a larger disk" : "check that it exists and is readable")
    }
}
