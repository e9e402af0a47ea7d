// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import Foundation

/// A file on the operator's machine that nobody else may read.
package struct PrivateFile {
    package let url: URL

    package init(url: URL) { self.url = url }

    private var path: String { url.path(percentEncoded: false) }

    /// True when these bytes stand there already, for the owner's eyes only.
    package func holds(_ data: Data) -> Bool {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return attributes?[.posixPermissions] as? Int == 0o600 && (try? Data(contentsOf: url)) == data
    }

    /// Writes beside the target and renames; mode 0600 from the first byte on.
    ///
    /// - Throws: `LocalFileError`.
    package func write(_ data: Data) throws {
        let part = path + ".part"
        unlink(part)
        let descriptor = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw LocalFileError(path: part, number: errno) }
        // Some file systems (NFS, quotas) find out that there is no room only when they are asked to keep it.
        let failure = writeWhole(data, to: descriptor) ?? (fsync(descriptor) == 0 ? nil : errno)
        close(descriptor)
        if let failure {
            unlink(part)
            throw LocalFileError(path: path, number: failure)
        }
        guard rename(part, path) == 0 else {
            let number = errno
            unlink(part)
            throw LocalFileError(path: path, number: number)
        }
    }
}

/// A file of the operator's machine could not be written.
package struct LocalFileError: Error, CustomStringConvertible {
    let path: String
    let number: Int32

    /// What to do about it, as the beginning of a sentence.
    package var remedy: String {
        number == ENOSPC || number == EDQUOT ? "make room on this machine" : "see that the file can be written"
    }

    package var description: String {
        "\(path) on this machine cannot be written: \(String(cString: strerror(number)))"
    }
}

extension PrivateFile {
    /// Removes a file; one that is not there is no fault.
    ///
    /// - Throws: `LocalFileError`.
    package static func remove(_ url: URL) throws {
        let path = url.path(percentEncoded: false)
        guard unlink(path) != 0, errno != ENOENT else { return }
        throw LocalFileError(path: path, number: errno)
    }
}
