// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc

/// The operator's account, as the password database knows it.
package struct Account {
    package let name: String
    package let home: String
    package let agentSocket: String?

    package static var current: Account {
        let socket = getenv("SSH_AUTH_SOCK").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16384)
        getpwuid_r(getuid(), &entry, &buffer, buffer.count, &found)
        guard let found, let name = found.pointee.pw_name, let home = found.pointee.pw_dir else {
            return Account(name: "root", home: "/", agentSocket: socket)
        }
        return Account(name: String(cString: name), home: String(cString: home), agentSocket: socket)
    }
}
