// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc

/// A moment of the wall clock.
struct Timestamp {
    let text: String
    /// Unix time.
    let seconds: Int

    /// RFC 3339, UTC, whole seconds.
    static var now: Timestamp {
        var seconds = time(nil)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var text = [CChar](repeating: 0, count: 32)
        strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
        return Timestamp(text: string(fromNulTerminated: text), seconds: seconds)
    }
}

/// One line an event on standard error, where systemd and the container runtime pick it up and add the time.
enum Log {
    static func line(_ text: String) { write(text, to: STDERR_FILENO) }

    static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array((text + "\n").utf8)
        _ = Glibc.write(descriptor, bytes, bytes.count)
    }
}
