// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

// libarchive's headers include sys/stat.h, so the compiler counts `stat` as theirs when both modules are loaded.
import CLibArchive
import Glibc

/// A file written as NAME.part, synced and renamed when it is whole, unlinked when it never is.
final class PartFile {
    let path: String
    private let descriptor: Int32
    private var isWhole = false
    private var part: String { path + ".part" }

    /// - Parameter mode: `nil`: what the umask leaves of 0644.
    init(path: String, mode: Int? = nil) throws(BundleError) {
        self.path = path
        let file = open(path + ".part", O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        let code = errno
        // Whoever holds the lock writes there; what another run left behind has none. The name has to be this file's still.
        guard file < 0 || flock(file, LOCK_EX | LOCK_NB) == 0 && Self.isNamed(file, path + ".part") else {
            close(file)
            descriptor = -1
            throw BundleError(path + ".part", "another program writes to it", "wait for it, or write to another file")
        }
        descriptor = file
        guard file >= 0 else { throw fault(code) }
        guard ftruncate(file, 0) == 0, mode.map({ fchmod(file, mode_t($0)) == 0 }) ?? true else { throw fault(errno) }
    }

    private static func isNamed(_ file: Int32, _ path: String) -> Bool {
        var (own, named) = (stat(), stat())
        return fstat(file, &own) == 0 && lstat(path, &named) == 0 && own.st_ino == named.st_ino
            && own.st_dev == named.st_dev
    }

    deinit {
        guard descriptor >= 0 else { return }
        // Before the lock is gone with the descriptor.
        if !isWhole { unlink(part) }
        close(descriptor)
    }

    func write(_ bytes: [UInt8]) throws(BundleError) { try write(bytes[...]) }

    func write(_ bytes: ArraySlice<UInt8>) throws(BundleError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw fault(errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// Takes a range of another file.
    func append(_ range: Range<Int>, of source: Int32, at name: String) throws(BundleError) {
        var buffer = [UInt8](repeating: 0, count: min(range.count, 1 << 20))
        var offset = range.lowerBound
        while offset < range.upperBound {
            let count = pread(source, &buffer, min(buffer.count, range.upperBound - offset), off_t(offset))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .system("read", name, code: errno, remedy: "check the disk") }
            guard count > 0 else { throw BundleError(name, "the file ends early", Remedy.again) }
            try write(buffer[..<count])
            offset += count
        }
    }

    /// Syncs the file and gives it its name.
    func finish() throws(BundleError) {
        guard fsync(descriptor) == 0, rename(part, path) == 0 else { throw fault(errno) }
        isWhole = true
    }

    private func fault(_ code: Int32) -> BundleError {
        .system("write", part, code: code, remedy: "free some space or write to another folder")
    }
}
