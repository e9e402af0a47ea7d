// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc
import HakubeProcess
import HakubeRemote
import Synchronization

/// A private folder for the sockets of one run, and a watcher that clears it away.
///
/// The watcher is a shell that waits for the end of its input, which comes with the end of this value or of the process,
/// however it ended: it then ends the clients that still run and removes the folder.
final class RunFolder: Sendable {
    let path: String
    private let count = Atomic(0)
    /// The watcher's input; only ever closed.
    private let lifeline: Int32
    private let watcher: LocalProcess

    private static let watching =
        "read -r end; for file in \"$1\"/*/pid; do [ ! -s \"$file\" ] || kill -- \"-$(cat \"$file\")\"; done; rm -rf -- \"$1\""

    /// - Throws: `SystemError`.
    init() throws {
        path = try RunFolder.make()
        let null = try Descriptor.open("/dev/null", O_RDWR)
        let (near, far) = try Descriptor.socketPair()
        let started = LocalProcess.start(
            ["/bin/sh", "-c", RunFolder.watching, "sh", path], environment: ["PATH": "/usr/bin:/bin"],
            input: far, output: null, error: null)
        guard let watcher = started.process else { throw SystemError("/bin/sh", started.code) }
        self.watcher = watcher
        lifeline = fcntl(near.number, F_DUPFD_CLOEXEC, 0)
    }

    deinit {
        close(lifeline)
        // Whoever lets the last connection go need not wait for a shell.
        try? DetachedThread.start { [watcher] in _ = watcher.wait() }
    }

    /// A name of its own for each connection.
    func next() -> String { "\(path)/\(count.add(1, ordering: .relaxed).newValue)" }

    /// The variable outlives `su`: in a folder of somebody else's that one could put another in the place of this.
    private static func isOwn(_ folder: String) -> Bool {
        var about = stat()
        return lstat(folder, &about) == 0 && about.st_mode & S_IFMT == S_IFDIR && about.st_uid == geteuid()
            && about.st_mode & 0o022 == 0
    }

    /// A socket's path has room for 107 bytes, of which ssh takes some for a temporary name, so the folder stands near the
    /// root. It has to be where programs may be executed, for the one that carries passwords.
    private static func make() throws -> String {
        let own = getenv("XDG_RUNTIME_DIR").map { String(cString: $0) }.flatMap { isOwn($0) ? $0 : nil }
        for base in [own, "/tmp", "/run", "/var/tmp"].compactMap({ $0 }) where base.utf8.count < 40 {
            var template = Array("\(base)/hakube-XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else { continue }
            let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let probe = "\(path)/probe"
            let descriptor = open(probe, O_WRONLY | O_CREAT | O_CLOEXEC, 0o700)
            if descriptor >= 0 { close(descriptor) }
            // On a file system mounted noexec this fails although the bit is set.
            if access(probe, X_OK) == 0 {
                unlink(probe)
                return path
            }
            unlink(probe)
            rmdir(path)
        }
        throw SystemError("mkdtemp", EACCES)
    }
}
