// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc

/// A file written as NAME.part, synced and renamed when it is whole, unlinked when it never is.
final class PartFile {
    let path: String
    private let descriptor: Int32
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
