// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CLibSSH2
import Glibc
import HakubeRemote
import Synchronization

/// A channel of a bastion's session that leads to another host's sshd.
///
/// libssh2 speaks to sockets only, so the channel ends in a socket pair: a thread of its own, the only one that touches the
/// bastion's session from then on, carries the bytes.
final class Tunnel: Sendable {
    private let pump: Mutex<TunnelPump>

    private init(_ pump: sending TunnelPump) { self.pump = Mutex(pump) }

    /// - Parameter session: a logged-in session with the bastion; it ends with the socket.
    /// - Returns: the operator's end.
    /// - Throws: `LibSSH2Failure` when the bastion does not connect; `DeadlinePassed`; `CancellationError`.
    static func open(
        _ session: sending LibSSH2Session, to login: Login, _ configuration: SSHConfiguration, _ wakeup: Wakeup
    ) throws -> TCPSocket {
        let channel: OpaquePointer
        do {
            channel = try session.attempt(until: Deadline(after: configuration.connectTimeout), wakeup) {
                libssh2_channel_direct_tcpip_ex(session.handle, login.address, Int32(login.port), "127.0.0.1", 0)
            }
        } catch {
            session.disconnect()
            throw error
        }
        // Where firewalls forget silent connections.
        libssh2_keepalive_config(
            session.handle, 1, UInt32(clamping: configuration.keepaliveInterval.components.seconds))
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw SystemError("socketpair") }
        let near = TCPSocket(descriptor: ends[0])
        let tunnel = Tunnel(
            TunnelPump(
                session: session, channel: channel, far: TCPSocket(descriptor: ends[1]),
                interval: configuration.keepaliveInterval))
        // The lock is held for as long as the tunnel stands; nobody else wants it.
        try DetachedThread.start { tunnel.pump.withLock { $0.run() } }
        return near
    }
}

/// Carries bytes between a channel and a socket until one of them ends.
struct TunnelPump {
    private let session: LibSSH2Session
    private let channel: OpaquePointer
    private let far: TCPSocket
    private let interval: Duration
    /// Read from the socket, not yet in the channel.
    private var up = Stretch()
    /// Read from the channel, not yet in the socket.
    private var down = Stretch()
    private var hasEnded = false
    /// A call that libssh2 has sent in part: nothing else may be sent before it is through.
    private var unfinished: Direction?

    private enum Direction { case read, write }

    /// A buffer that is filled, then emptied.
    private struct Stretch {
        var bytes = [CChar](repeating: 0, count: 128 << 10)
        var taken = 0
        var count = 0

        var isEmpty: Bool { taken == count }
    }

    init(session: LibSSH2Session, channel: OpaquePointer, far: TCPSocket, interval: Duration) {
        self.session = session
        self.channel = channel
        self.far = far
        self.interval = interval
    }

    mutating func run() {
        while !hasEnded {
            var moved = false
            if unfinished != .read { moved = send() || moved }
            if unfinished != .write { moved = receive() || moved }
            guard !moved, !hasEnded, !mayWriteNow else { continue }
            rest()
        }
        far.cut()
        session.disconnect()
    }

    /// Reading may have widened the window that writing waited for, and poll(2) knows nothing of it.
    private var mayWriteNow: Bool {
        !up.isEmpty && !session.isSending && libssh2_channel_window_write_ex(channel, nil) > 0
    }

    private mutating func send() -> Bool {
        if up.isEmpty {
            let count = recv(far.descriptor, &up.bytes, up.bytes.count, 0)
            guard count > 0 else {
                if count == 0 || (errno != EAGAIN && errno != EINTR) { hasEnded = true }
                return false
            }
            (up.taken, up.count) = (0, count)
        }
        let (taken, size) = (up.taken, up.count - up.taken)
        let count = up.bytes.withUnsafeBufferPointer { bytes in
            bytes.baseAddress.map { libssh2_channel_write_ex(channel, 0, $0 + taken, size) } ?? 0
        }
        unfinished = count == Int(LIBSSH2_ERROR_EAGAIN) && session.isSending ? .write : nil
        if count > 0 { up.taken += count }
        if count < 0 && count != Int(LIBSSH2_ERROR_EAGAIN) { hasEnded = true }
        return count > 0
    }

    private mutating func receive() -> Bool {
        if down.isEmpty {
            let count = libssh2_channel_read_ex(channel, 0, &down.bytes, down.bytes.count)
            unfinished = count == Int(LIBSSH2_ERROR_EAGAIN) && session.isSending ? .read : nil
            guard count > 0 else {
                if libssh2_channel_eof(channel) == 1 || (count < 0 && count != Int(LIBSSH2_ERROR_EAGAIN)) {
                    hasEnded = true
                }
                return false
            }
            (down.taken, down.count) = (0, count)
        }
        let (taken, size) = (down.taken, down.count - down.taken)
        let count = down.bytes.withUnsafeBytes { bytes in
            bytes.baseAddress.map { Glibc.send(far.descriptor, $0 + taken, size, Int32(MSG_NOSIGNAL)) } ?? 0
        }
        if count > 0 { down.taken += count }
        if count < 0 && errno != EAGAIN && errno != EINTR { hasEnded = true }
        return count > 0
    }

    private func rest() {
        let wire = Int16(POLLIN) | (session.isSending ? Int16(POLLOUT) : 0)
        let local = (up.isEmpty ? Int16(POLLIN) : 0) | (down.isEmpty ? 0 : Int16(POLLOUT))
        do {
            try Poll.wait(
                [(session.socket.descriptor, wire), (local == 0 ? -1 : far.descriptor, local)],
                until: Deadline(after: interval), nil)
        } catch {
            var next: Int32 = 0
            if unfinished == nil { _ = libssh2_keepalive_send(session.handle, &next) }
        }
    }
}
