// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CNetlink
import Glibc

/// The socket `guardian.sock` in the run directory: one packet a word, readable for root alone.
///
/// A guardian that starts while another one runs asks it for its listening socket ("take over"), goes on with that very
/// socket, and says "ready" once it balances; only then does the earlier one step aside. Two processes on one socket share
/// one queue of new connections, so none is lost, which SO_REUSEPORT alone does not give: closing a listener of its own
/// would reset what the kernel had queued on it.
enum ControlMessage {
    static let takeOver = "take over"
    static let ready = "ready"
    static let leave = "leave"
    /// Followed by the virtual address; the descriptor comes beside it.
    static let listener = "listener "

    static func path(in runDirectory: String) -> String { runDirectory + "/guardian.sock" }

    static func open(nonBlocking: Bool) -> Int32 {
        let flags = nonBlocking ? SOCK_NONBLOCK.rawValue : 0
        return socket(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue | flags), 0)
    }

    @discardableResult
    static func send(_ text: String, to descriptor: Int32, beside other: Int32? = nil) -> Bool {
        let bytes = Array(text.utf8)
        return hakube_send_with_descriptor(descriptor, bytes, bytes.count, other ?? -1) == bytes.count
    }

    /// nil when the other side has gone or kept silent for too long.
    static func receive(from descriptor: Int32) -> (text: String, descriptor: Int32?)? {
        var buffer = [UInt8](repeating: 0, count: 256)
        var other: Int32 = -1
        let count = hakube_receive_with_descriptor(descriptor, &buffer, buffer.count, &other)
        guard count > 0 else { return nil }
        return (String(decoding: buffer[..<count], as: UTF8.self), other < 0 ? nil : other)
    }

    static func withAddress<Result>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result? {
        var form = sockaddr_un()
        form.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: form.sun_path) else { return nil }
        withUnsafeMutableBytes(of: &form.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: form) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}

/// The answering side.
final class ControlServer {
    struct Delegate {
        let listener: () -> Int32?
        let stepAside: (_ reason: String) -> Void
    }

    private let loop: EventLoop
    private let virtual: SocketAddress
    private let delegate: Delegate
    private let listener: EventLoopDescriptor
    private var clients: [Int32: EventLoopDescriptor] = [:]

    /// Puts the socket in the place of an earlier guardian's; nil when the run directory does not allow it.
    init?(runDirectory: String, virtual: SocketAddress, loop: EventLoop, delegate: Delegate) {
        self.loop = loop
        self.virtual = virtual
        self.delegate = delegate
        let descriptor = ControlMessage.open(nonBlocking: true)
        listener = EventLoopDescriptor(descriptor, loop: loop)
        let path = ControlMessage.path(in: runDirectory)
        let fresh = path + ".\(getpid())"
        unlink(fresh)
        let old = umask(0o177)
        let isBound = ControlMessage.withAddress(fresh) { bind(descriptor, $0, $1) } == 0
        umask(old)
        guard isBound, listen(descriptor, 16) == 0, rename(fresh, path) == 0 else {
            unlink(fresh)
            listener.close()
            return nil
        }
        listener.watch(for: .read) { [self] _ in accept() }
    }

    /// No more answers. The file is left: it may be the next guardian's already, and a dead one refuses.
    func end() { listener.close() }

    private func accept() {
        let number = hakube_accept(listener.number)
        guard number >= 0 else {
            if errno != EAGAIN { listener.pause(for: 100) }
            return
        }
        let client = EventLoopDescriptor(number, loop: loop)
        clients[number] = client
        client.watch(for: .read) { [self] _ in answer(client) }
    }

    private func answer(_ client: EventLoopDescriptor) {
        switch ControlMessage.receive(from: client.number)?.text {
        case ControlMessage.takeOver:
            ControlMessage.send(
                ControlMessage.listener + virtual.description, to: client.number, beside: delegate.listener())
        case ControlMessage.ready: delegate.stepAside("another guardian has taken over")
        case ControlMessage.leave: delegate.stepAside("told to leave")
        case nil:
            clients[client.number] = nil
            client.close()
        default: return
        }
    }
}

/// The asking side: a connection to the guardian that already runs.
final class ControlClient {
    private let descriptor: Int32

    /// nil when none runs.
    init?(runDirectory: String, patience seconds: Int = 2) {
        descriptor = ControlMessage.open(nonBlocking: false)
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        let path = ControlMessage.path(in: runDirectory)
        guard ControlMessage.withAddress(path, { connect(descriptor, $0, $1) }) == 0 else {
            close(descriptor)
            return nil
        }
    }

    deinit { close(descriptor) }

    /// The running guardian's listener, if it is a proxy on the same address.
    func takeListener(of virtual: SocketAddress) -> Int32? {
        ControlMessage.send(ControlMessage.takeOver, to: descriptor)
        guard let answer = ControlMessage.receive(from: descriptor), let listener = answer.descriptor else {
            return nil
        }
        if answer.text == ControlMessage.listener + virtual.description { return listener }
        close(listener)
        return nil
    }

    func sayReady() { ControlMessage.send(ControlMessage.ready, to: descriptor) }

    /// Returns whether the other guardian ended in time.
    func sendAway() -> Bool {
        ControlMessage.send(ControlMessage.leave, to: descriptor)
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, 0) == 0
    }
}
