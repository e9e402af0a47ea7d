// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation

/// A file on the operator's machine that nobody else may read.
enum PrivateFile {
    /// Writes beside the target and renames; mode 0600 from the first byte on.
    static func write(_ data: Data, to url: URL) throws {
        let part = url.appendingPathExtension("part")
        try? FileManager.default.removeItem(at: part)
        guard
            FileManager.default.createFile(
                atPath: part.path(percentEncoded: false), contents: data, attributes: [.posixPermissions: 0o600])
        else { throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: part.path(percentEncoded: false)]) }
        guard rename(part.path(percentEncoded: false), url.path(percentEncoded: false)) == 0 else {
            throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: url.path(percentEncoded: false)])
        }
    }
}
