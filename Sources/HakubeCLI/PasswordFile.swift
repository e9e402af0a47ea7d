// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel

/// A file of the operator's whose first line is a password.
enum PasswordFile {
    /// Whatever the operator's account alone can read, a pipe as well; a plain file that others can read is refused.
    static func read(_ path: String) -> PasswordReading {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard let attributes, let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            return .refused(message: "cannot be read", remedy: "name a file whose first line is the password")
        }
        let isPlain = attributes[.type] as? FileAttributeType == .typeRegular
        guard !isPlain || ((attributes[.posixPermissions] as? Int ?? 0) & 0o077) == 0 else {
            return .refused(
                message: "others on this machine can read it", remedy: "run: chmod 600 \(Script.quoted(path))")
        }
        // Editors elsewhere end lines with a carriage return as well, which is one Character with the newline.
        let line = String(text.prefix { !$0.isNewline })
        guard !line.isEmpty else {
            return .refused(message: "its first line is empty", remedy: "write the password on the first line")
        }
        return .password(Secret(line))
    }
}
