// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc
import HakubeProcess
import HakubeRemote

/// A file descriptor that closes on exec, and with this value.
final class Descriptor {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { close(number) }

    /// - Throws: `SystemError`.
    static func open(_ path: String, _ flags: Int32) throws -> Descriptor {
        let number = Glibc.open(path, flags | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw SystemError("open \(path)") }
        return Descriptor(number)
    }

    /// Two sockets of which the near one does not block.
    ///
    /// Unlike pipes they close on exec from the start, so that no program started meanwhile keeps them open, and they can be
    /// written to without a signal when nobody reads any more.
    static func socketPair() throws -> (near: Descriptor, far: Descriptor) {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw SystemError("socketpair") }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        return (Descriptor(ends[0]), Descriptor(ends[1]))
    }

    enum Taken {
        case bytes(Int)
        case nothing
        case end
    }

    /// Reads what is there.
    func take(into buffer: UnsafeMutableRawBufferPointer) -> Taken {
        while true {
            let count = read(number, buffer.baseAddress, buffer.count)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .end }
            if errno != EINTR { return errno == EAGAIN ? .nothing : .end }
        }
    }
}

extension LocalProcess {
    /// Starts a program without a terminal on these descriptors, which stay open here for as long as the call takes.
    static func start(
        _ arguments: [String], environment: [String: String], input: Descriptor, output: Descriptor, error: Descriptor
    ) -> (process: LocalProcess?, code: Int32) {
        withExtendedLifetime((input, output, error)) {
            start(
                arguments, environment: environment,
                output: .streams(input: input.number, output: output.number, error: error.number), inOwnSession: true)
        }
    }
}
