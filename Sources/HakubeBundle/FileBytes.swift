// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc

/// Reads a file in order.
package enum FileBytes {
    private static let chunk = 1 << 20

    /// - Parameter followingLinks: for files that the user names; what a folder to be packed holds is no link.
    /// - Throws: `BundleError`, or what `consume` throws.
    static func read(
        _ path: String, followingLinks: Bool = false, _ consume: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | (followingLinks ? 0 : O_NOFOLLOW))
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        try read(descriptor, failure: { failure(path) }, consume)
    }

    /// All that is left of an open file.
    ///
    /// - Parameter failure: makes the error of a read that failed, while errno tells why.
    package static func read(
        _ descriptor: Int32, failure: () -> BundleError, _ consume: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
        try withUnsafeTemporaryAllocation(byteCount: chunk, alignment: 16) { buffer in
            while true {
                let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                if count < 0 && errno == EINTR { continue }
                guard count >= 0 else { throw failure() }
                guard count > 0 else { return }
                try consume(UnsafeRawBufferPointer(rebasing: buffer.prefix(count)))
            }
        }
    }

    /// A small text file as a whole; `nil` if there is none.
    static func text(_ path: String, followingLinks: Bool = false) throws -> String? {
        guard access(path, F_OK) == 0 else { return nil }
        var bytes: [UInt8] = []
        try read(path, followingLinks: followingLinks) { bytes += $0 }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func failure(_ path: String) -> BundleError {
        .system("read", path, code: errno, remedy: "check that it exists and is readable")
    }
}
