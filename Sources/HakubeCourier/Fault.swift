// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCourier

/// What ends the courier. The operator gets it as an `error` line.
package enum Fault: Error {
    /// Standard input does not follow the protocol.
    case input(StaticString)
    /// A file could not be written: `ENOSPC` and `EDQUOT` are told apart from all else.
    case write(errno: Int32, HostFile)
    /// The host gives no more threads.
    case threads
    /// Nor memory: a frame's window is up to 128 MiB.
    case memory
    /// Another courier works in this folder.
    case busy(HostFile)

    var isFullDisk: Bool {
        if case .write(ENOSPC, _) = self { return true }
        if case .write(EDQUOT, _) = self { return true }
        return false
    }

    var line: Line {
        switch self {
        case .input(let what): return Line("error input").with(what)
        case .threads: return Line("error threads")
        case .memory: return Line("error memory")
        case .busy(let folder):
            var line = Line("error busy")
            line.add(folder)
            return line
        case .write(let number, let file):
            var line = Line(isFullDisk ? "error space" : "error write")
            if !isFullDisk { line.add(Errno.name(number)) }
            line.add(file)
            return line
        }
    }
}

/// Words for what the kernel says; strerror(3) would follow the host's language.
enum Errno {
    static func name(_ number: Int32) -> StaticString {
        switch number {
        case EACCES, EPERM: "not-permitted"
        case EROFS: "read-only"
        case EIO: "input-output"
        case EISDIR: "is-a-folder"
        case ENOTDIR: "not-a-folder"
        case ELOOP: "symbolic-link"
        case ENOENT: "missing"
        case EFBIG: "file-too-big"
        case EMFILE, ENFILE: "too-many-files"
        case EADDRNOTAVAIL: "address-not-here"
        case EAFNOSUPPORT: "address-family"
        case EADDRINUSE: "address-in-use"
        default: "failed"
        }
    }
}
