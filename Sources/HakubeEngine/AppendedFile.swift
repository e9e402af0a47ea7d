// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation

/// A file of whole lines that only grows, mode 0600.
///
/// A line that does not fit on the disk is taken back, so that no later one is glued to its half. After that it stays as it
/// is: what a log leaves out in its middle is worse than its end.
struct AppendedFile {
    let url: URL
    private let file: FileHandle
    /// Why no more is written.
    private(set) var failure: LocalFileError?

    /// - Throws: `LocalFileError`.
    init(_ url: URL) throws {
        self.url = url
        let path = url.path(percentEncoded: false)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw LocalFileError(path: path, number: errno) }
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    mutating func append(_ line: Data) {
        guard failure == nil else { return }
        let descriptor = file.fileDescriptor
        let end = lseek(descriptor, 0, SEEK_END)
        if let number = writeWhole(line + Data("\n".utf8), to: descriptor) {
            failure = LocalFileError(path: url.path(percentEncoded: false), number: number)
            _ = ftruncate(descriptor, end)
        }
    }
}

/// Writes all bytes.
///
/// - Returns: `nil`, or the errno of what kept it from that.
func writeWhole(_ data: Data, to descriptor: Int32) -> Int32? {
    data.withUnsafeBytes { bytes in
        var done = 0
        while done < bytes.count {
            let count = write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return count < 0 ? errno : ENOSPC }
            done += count
        }
        return nil
    }
}
