// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc

/// The system's ssh.
package struct SSHProgram: Sendable, Hashable {
    package let path: String

    /// The first executable of this name on PATH.
    package static func onPath() -> SSHProgram? {
        let folders = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        let paths = folders.split(separator: ":").map { "\($0)/ssh" }
        return paths.first { access($0, X_OK) == 0 }.map { SSHProgram(path: $0) }
    }
}
