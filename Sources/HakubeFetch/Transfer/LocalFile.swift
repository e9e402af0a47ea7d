// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import Glibc

/// An open file of this machine, closed with its owner. Errors name the path.
final class LocalFile {
    let path: String
    private let descriptor: Int32

    /// - Throws: `FetchError`.
    init(_ path: String, flags: Int32) throws {
        self.path = path
        descriptor = open(path, flags | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.error("cannot be opened", path) }
    }

    deinit { close(descriptor) }

    static func error(_ what: String, _ path: String) -> FetchError {
        FetchError(
            path, "\(what): \(String(cString: strerror(errno)))", "check the folder, its rights and its free space")
    }

    static func makeFolder(of path: String) throws {
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        guard !folder.isEmpty else { return }
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw FetchError(folder, "the folder cannot be made (\(error))", "check the path and its rights")
        }
    }

    /// Waits until no other process works on it. False when the file under the path is another one by then.
    func lock(_ cancellation: Cancellation) throws -> Bool {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else { throw Self.error("cannot be locked", path) }
            try cancellation.check()
            usleep(100_000)
        }
        var (ours, theirs) = (stat(), stat())
        return fstat(descriptor, &ours) == 0 && stat(path, &theirs) == 0 && ours.st_ino == theirs.st_ino
    }

    var size: Int {
        get throws {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw Self.error("cannot be looked at", path) }
            return Int(status.st_size)
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Self.error("cannot be written", path) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// From the current place to the end.
    func read(_ cancellation: Cancellation, _ body: (UnsafeRawBufferPointer) -> Void) throws {
        try withUnsafeTemporaryAllocation(byteCount: 1 << 20, alignment: 4096) { buffer in
            while true {
                try cancellation.check()
                let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                if count < 0 && errno == EINTR { continue }
                guard count >= 0 else { throw Self.error("cannot be read", path) }
                guard count > 0 else { return }
                body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
    }

    func empty() throws {
        guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
            throw Self.error("cannot be emptied", path)
        }
    }

    /// Gives it its mode and its name.
    func finish(as name: String, mode: mode_t) throws {
        guard fchmod(descriptor, mode) == 0, rename(path, name) == 0 else {
            throw Self.error("cannot be renamed from \(path)", name)
        }
    }

    /// The file's checksum, or `nil` when there is no such file.
    static func digest(of path: String, _ algorithm: Checksum.Algorithm, _ cancellation: Cancellation) throws -> String?
    {
        guard access(path, F_OK) == 0 else { return nil }
        var digest = StreamDigest(algorithm)
        try LocalFile(path, flags: O_RDONLY).read(cancellation) { digest.update($0) }
        return digest.hex
    }
}
