// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import Glibc
import HakubeTestSupport
import Synchronization

/// A throw-away account of this machine, deleted when the value goes.
final class Account: Sendable {
    private static let count = Atomic(0)
    static let canBeMade =
        getuid() == 0
        && ["/usr/sbin/useradd", "/usr/sbin/userdel", "/usr/sbin/chpasswd"]
            .allSatisfy(FileManager.default.isExecutableFile(atPath:))

    let name: String
    let password = UUID().uuidString

    init() throws {
        name = "hakube-\(getpid())-\(Account.count.add(1, ordering: .relaxed).newValue)"
        try LocalProgram.run(["/usr/sbin/useradd", "-M", "-d", "/nonexistent", "-s", "/bin/sh", name])
        try LocalProgram.run(["/usr/sbin/chpasswd"], input: "\(name):\(password)\n")
    }

    deinit {
        try? FileManager.default.removeItem(atPath: rulePath)
        _ = try? LocalProgram.run(["/usr/sbin/userdel", name])
    }

    private var rulePath: String { "/etc/sudoers.d/\(name)" }

    /// - Parameter rule: what the account may do, as sudoers(5) has it.
    func allowSudo(_ rule: String) throws {
        try "\(name) ALL=(ALL) \(rule)\n".write(toFile: rulePath, atomically: true, encoding: .utf8)
    }
}

enum Sudo {
    static let program = "/usr/bin/sudo"
    static let isInstalled = FileManager.default.isExecutableFile(atPath: program)
}
