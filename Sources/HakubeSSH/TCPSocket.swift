// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc
import HakubeRemote

/// A connected, non-blocking TCP socket.
final class TCPSocket {
    let descriptor: Int32

    /// Takes over a connected socket.
    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Connects to the first address that answers.
    /// - Throws: `SystemError` of the last address; `DeadlinePassed`; `CancellationError`.
    static func connect(to addresses: [SocketAddress], until deadline: Deadline, _ wakeup: Wakeup?) throws
        -> TCPSocket
    {
        var failure: any Error = SystemError("connect", EADDRNOTAVAIL)
        for (index, address) in addresses.enumerated() {
            // The addresses share what time is left, so a dead one does not eat the turn of the next.
            let left = addresses.count - index
            let share = Deadline(after: .milliseconds(Int(deadline.milliseconds) / left))
            do {
                return try connect(to: address, until: min(deadline, share), wakeup)
            } catch let error as SystemError {
                failure = error
            } catch let error as DeadlinePassed {
                failure = error
            }
        }
        throw failure
    }

    private static func connect(to address: SocketAddress, until deadline: Deadline, _ wakeup: Wakeup?) throws
        -> TCPSocket
    {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.family, type, 0)
        guard descriptor >= 0 else { throw SystemError("socket") }
        let socket = TCPSocket(descriptor: descriptor)
        socket.set(IPPROTO_TCP, TCP_NODELAY, 1)
        // A peer that lost its power acknowledges nothing; the kernel then ends the connection after this many ms.
        socket.set(IPPROTO_TCP, TCP_USER_TIMEOUT, 60_000)
        let status = address.bytes.withUnsafeBytes { raw in
            raw.withMemoryRebound(to: sockaddr.self) { bound in
                Glibc.connect(descriptor, bound.baseAddress, socklen_t(raw.count))
            }
        }
        if status != 0 {
            guard errno == EINPROGRESS else { throw SystemError("connect") }
            try Poll.wait([(descriptor, Int16(POLLOUT))], until: deadline, wakeup)
            var number: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &number, &size)
            guard number == 0 else { throw SystemError("connect", number) }
        }
        return socket
    }

    private func set(_ level: Int, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, Int32(level), option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Ends both directions at once, so that nothing waits for the peer any more.
    func cut() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}
