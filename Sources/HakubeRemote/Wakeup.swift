// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CEvents
import Glibc

/// A bell that one thread waits for beside a socket and any thread may ring: an eventfd.
///
/// Make a new one for every call that can be cancelled; a bell that was rung late must not end the next call.
package final class Wakeup: Sendable {
    package let descriptor: Int32

    /// - Throws: `SystemError` when the process has no descriptor left.
    package init() throws {
        descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard descriptor >= 0 else { throw SystemError("eventfd") }
    }

    deinit { close(descriptor) }

    /// Safe from any thread, any number of times.
    package func raise() { _ = eventfd_write(descriptor, 1) }

    /// Forgets that it was raised.
    package func reset() {
        var count = eventfd_t()
        _ = eventfd_read(descriptor, &count)
    }

    package var isRaised: Bool { wait(milliseconds: 0) }

    /// True when it was raised within the time; -1 waits without end.
    package func wait(milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, milliseconds) > 0
    }
}

/// A system call that failed, with its errno.
package struct SystemError: Error, CustomStringConvertible {
    package let call: String
    package let number: Int32

    package init(_ call: String, _ number: Int32 = errno) {
        self.call = call
        self.number = number
    }

    package var description: String { "\(call): \(SystemError.text(number))" }

    package static func text(_ number: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        // The XSI and the GNU strerror_r differ; Swift sees the one that fills the buffer.
        _ = strerror_r(number, &buffer, buffer.count)
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
