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

    /// Does not wait for a reader that has stalled: the line is lost then, and the guardian goes on.
    static func write(_ text: String, to descriptor: Int32) {
        var target = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&target, 1, descriptor == STDERR_FILENO ? 0 : -1) > 0 else { return }
        let bytes = Array((text + "\n").utf8)
        _ = Glibc.write(descriptor, bytes, bytes.count)
    }
}
