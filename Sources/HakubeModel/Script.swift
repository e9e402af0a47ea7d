// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// A POSIX sh script that goes to a host on standard input, never on a command line.
package struct Script: Sendable, Hashable {
    /// The text, markers of `RuntimeValue` included. Runs under `set -eu`, as root unless said otherwise.
    package let text: String
    /// How long it may run before the step counts as failed.
    package let timeout: Duration
    /// False only for what looks at the login account itself.
    package let asRoot: Bool

    package init(_ text: String, timeout: Duration = .seconds(120), asRoot: Bool = true) {
        self.text = text
        self.timeout = timeout
        self.asRoot = asRoot
    }

    /// A word quoted for POSIX sh.
    package static func quoted(_ word: String) -> String {
        let safe = word.utf8.allSatisfy { byte in
            switch UInt8(byte) {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-_./:=@%+,".utf8.contains(byte)
            }
        }
        if safe && !word.isEmpty { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}

/// A file as it shall stand on a host.
package struct RemoteFile: Sendable, Hashable {
    package let path: String
    /// Permission bits, e.g. 0o644.
    package let mode: Int
    /// The text, markers of `RuntimeValue` included.
    package let text: String

    package init(path: String, mode: Int = 0o644, text: String) {
        self.path = path
        self.mode = mode
        self.text = text
    }
}
