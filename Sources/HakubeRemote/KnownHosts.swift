// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import Glibc
import Synchronization

/// The cluster's known_hosts file, in OpenSSH's format (sshd(8)), plain names only.
///
/// Every look reads the file anew, and every change replaces it in one rename under a lock on its directory, so that
/// sessions of this process and of another may record keys side by side.
package final class KnownHosts: Sendable {
    package enum Verdict: Hashable {
        case known
        /// First contact; the key is recorded unless the check was strict.
        case new
        /// Keys are recorded for the name, and this is none of them.
        case changed(recorded: [HostKey])
    }

    package let path: String
    /// Files of the same form that count for names which the first one does not have. They are never written.
    private let others: [String]
    private let turn = Mutex(())

    package init(path: String, others: [String] = []) {
        self.path = path
        self.others = others
    }

    /// Keys recorded for a name, in the order of the file.
    package func keys(for name: String) throws -> [HostKey] {
        let own = KnownHosts.keys(for: name, in: try KnownHosts.text(of: path))
        return own.isEmpty ? keysElsewhere(for: name) : own
    }

    /// The file in which keys of a name are recorded; the first one if there are none.
    package func place(of name: String) -> String {
        ([path] + others).first { !KnownHosts.keys(for: name, in: (try? KnownHosts.text(of: $0)) ?? "").isEmpty }
            ?? path
    }

    private func keysElsewhere(for name: String) -> [HostKey] {
        others.flatMap { KnownHosts.keys(for: name, in: (try? KnownHosts.text(of: $0)) ?? "") }
    }

    /// Compares a key with what is recorded, and records it on first contact unless `strict`.
    package func check(_ key: HostKey, for name: String, strict: Bool) throws -> Verdict {
        try turn.withLock { _ in
            if strict { return verdict(key, try keys(for: name)) }
            return try withDirectoryLock {
                let text = try KnownHosts.text(of: path)
                let own = KnownHosts.keys(for: name, in: text)
                let verdict = verdict(key, own.isEmpty ? keysElsewhere(for: name) : own)
                // A key that is known from elsewhere is recorded here as well, so that it is found without the other file.
                if verdict == .new || (verdict == .known && own.isEmpty) {
                    let separator = text.isEmpty || text.hasSuffix("\n") ? "" : "\n"
                    try replace(with: text + separator + "\(name) \(key.type) \(key.base64)\n")
                }
                return verdict
            }
        }
    }

    private func verdict(_ key: HostKey, _ recorded: [HostKey]) -> Verdict {
        if recorded.contains(key) { return .known }
        return recorded.isEmpty ? .new : .changed(recorded: recorded)
    }

    package static func keys(for name: String, in text: String) -> [HostKey] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            let fields = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            // Markers (@revoked, @cert-authority) and hashed names are nothing that hakube writes.
            guard fields.count >= 3, let first = fields[0].first, !"#@|".contains(first),
                fields[0].split(separator: ",").contains(where: { $0.lowercased() == name })
            else { return nil }
            return HostKey(base64: fields[2])
        }
    }
}

extension KnownHosts {
    private static func text(of path: String) throws -> String {
        guard FileManager.default.fileExists(atPath: path) else { return "" }
        return String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    }

    private var directory: String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }

    private func withDirectoryLock<Result>(_ body: () throws -> Result) throws -> Result {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open \(directory)") }
        // Closing gives the lock back.
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX) == 0 else { throw SystemError("flock \(directory)") }
        return try body()
    }

    private func replace(with text: String) throws {
        let temporary = "\(path).\(getpid())"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError("open \(temporary)") }
        let bytes = Array(text.utf8)
        let written = Glibc.write(descriptor, bytes, bytes.count)
        let failure = errno
        guard close(descriptor) == 0, written == bytes.count else {
            unlink(temporary)
            throw SystemError("write \(temporary)", failure)
        }
        guard rename(temporary, path) == 0 else { throw SystemError("rename \(temporary)") }
    }
}
