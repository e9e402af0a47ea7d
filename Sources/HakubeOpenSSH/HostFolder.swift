// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import Glibc
import HakubeRemote

/// The files that one connection needs while it stands.
final class HostFolder {
    let path: String
    /// Keeps the folder above alive.
    private let run: RunFolder

    init(in run: RunFolder) throws {
        self.run = run
        path = run.next()
        guard mkdir(path, 0o700) == 0 else { throw SystemError("mkdir \(path)") }
    }

    deinit { remove() }

    var socket: String { "\(path)/s" }
    var pid: String { "\(path)/pid" }
    var askPass: String { "\(path)/askpass" }
    /// What comes beside ssh's own log: the server's greeting, and the words of proxies.
    var errors: String { "\(path)/errors" }
    /// ssh's words about one command.
    var commandLog: String { "\(path)/command" }

    /// What ssh says about a hop; the host itself comes after its bastions.
    func log(_ hop: Int) -> String { "\(path)/log.\(hop)" }
    /// The keys that ssh may see for a hop.
    func knownHosts(_ hop: Int) -> String { "\(path)/known.\(hop)" }

    func text(_ file: String) -> String {
        (try? Data(contentsOf: URL(filePath: file))).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// - Throws: `SystemError`.
    func write(_ text: String, to file: String, mode: mode_t = 0o600) throws {
        unlink(file)
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw SystemError("open \(file)") }
        let bytes = Array(text.utf8)
        let written = Glibc.write(descriptor, bytes, bytes.count)
        guard close(descriptor) == 0, written == bytes.count else { throw SystemError("write \(file)") }
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
