// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

// libarchive's headers include sys/stat.h, so the compiler counts `stat` as theirs when both modules are loaded.
import CLibArchive
import Glibc

/// What stands under a path.
struct FileStatus {
    enum Kind { case file, folder, link, other }

    let kind: Kind
    let size: Int
    /// Permission bits.
    let mode: Int

    /// `nil` with errno set if there is nothing, or nothing that may be looked at.
    init?(_ path: String, followingLinks: Bool) {
        var status = stat()
        guard (followingLinks ? stat(path, &status) : lstat(path, &status)) == 0 else { return nil }
        size = Int(status.st_size)
        mode = Int(status.st_mode & 0o777)
        kind =
            switch status.st_mode & Glibc.S_IFMT {
            case Glibc.S_IFREG: .file
            case Glibc.S_IFDIR: .folder
            case Glibc.S_IFLNK: .link
            default: .other
            }
    }

    /// Where a path leads; itself if that is nowhere.
    static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }
}
