// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc
import HakubeRemote

/// The system's ssh.
package struct SSHProgram: Sendable, Hashable {
    package let path: String

    /// The first executable of this name on PATH, if it is OpenSSH 8.4 or later: from there on it takes secrets from a program
    /// whether or not there is a terminal, and says for whom a server asks.
    package static func onPath() -> SSHProgram? {
        let folders = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        let paths = folders.split(separator: ":").map { "\($0)/ssh" }
        guard let path = paths.first(where: { access($0, X_OK) == 0 }),
            let answer = try? ProgramAnswer.of(
                [path, "-V"], environment: ["PATH": "/usr/bin:/bin"], until: Deadline(after: .seconds(5)), nil),
            isRecent(answer.err)
        else { return nil }
        return SSHProgram(path: path)
    }

    /// - Parameter text: `OpenSSH_9.2p1 Debian-2, OpenSSL …`
    static func isRecent(_ text: String) -> Bool {
        guard let start = text.firstRange(of: "OpenSSH_") else { return false }
        // Windows has `OpenSSH_for_Windows_`, which is none that runs here.
        let numbers = text[start.upperBound...].prefix { $0.isNumber || $0 == "." }.split(separator: ".").compactMap {
            Int($0)
        }
        return numbers.count == 2 && (numbers[0], numbers[1]) >= (8, 4)
    }
}
