// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc

/// Files of a few kilobytes.
enum SmallFile {
    private static let limit = 1 << 20

    /// nil when it cannot be read; `errno` tells why.
    static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while content.count < limit {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return count == 0 ? content : nil }
            content += chunk[..<count]
        }
        return content
    }

    /// Hands over the lines of a file of any size, one at a time.
    static func eachLine(of path: String, _ take: (ArraySlice<UInt8>) -> Void) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var rest: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            rest += chunk[..<count]
            var start = rest.startIndex
            while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                take(rest[start..<end])
                start = end + 1
            }
            rest.removeSubrange(..<start)
        }
        if !rest.isEmpty { take(rest[...]) }
    }

    /// Readers see the old content or the new, never half of it. Returns whether it worked.
    static func replace(_ path: String, with text: String) -> Bool {
        // Two guardians may have the same process number, each in its own container.
        let fresh = path + ".\(Instant.now.nanoseconds)"
        guard write(text, to: fresh, flags: O_WRONLY | O_CREAT | O_TRUNC), rename(fresh, path) == 0 else {
            unlink(fresh)
            return false
        }
        return true
    }

    /// Writes to a file that is there already, such as a kernel setting. Returns whether it worked.
    static func put(_ text: String, into path: String) -> Bool { write(text, to: path, flags: O_WRONLY) }

    private static func write(_ text: String, to path: String, flags: Int32) -> Bool {
        let descriptor = open(path, flags | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { return false }
        // A name must not outlive a power cut that its content did not; kernel settings know no such thing.
        return flags & O_CREAT == 0 || fsync(descriptor) == 0
    }
}
