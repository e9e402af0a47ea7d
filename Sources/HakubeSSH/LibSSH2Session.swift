// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CLibSSH2
import Glibc
import HakubeRemote

/// One libssh2 session over one socket, driven without blocking calls.
///
/// Not thread-safe, as libssh2 is not: `SSHSession` keeps it on its own thread. libssh2 holds half-done operations in the
/// session and wants each call repeated with the same arguments until it is through; `attempt` does that.
final class LibSSH2Session {
    let handle: OpaquePointer
    let socket: TCPSocket
    /// Time to finish a half-done operation after a cancellation. Zero while logging in, when the session is dropped anyway.
    var grace = Duration.zero
    /// False once an operation was left half-done or the peer is gone.
    private(set) var isUsable = true

    /// - Throws: `LibSSH2Failure` when out of memory.
    init(socket: TCPSocket) throws {
        try LibSSH2.initialise()
        guard let handle = libssh2_session_init_ex(nil, nil, nil, nil) else {
            throw LibSSH2Failure(code: LIBSSH2_ERROR_ALLOC, words: "no memory for a session")
        }
        self.handle = handle
        self.socket = socket
        libssh2_session_set_blocking(handle, 0)
    }

    deinit {
        // With the socket cut no packet waits for an answer, so freeing ends after a few calls.
        socket.cut()
        var calls = 0
        while libssh2_session_free(handle) == LIBSSH2_ERROR_EAGAIN && calls < 100 { calls += 1 }
    }

    /// Says goodbye if the peer takes it at once.
    func disconnect() {
        if isUsable { _ = libssh2_session_disconnect_ex(handle, SSH_DISCONNECT_BY_APPLICATION, "done", "") }
        breakOff()
    }

    func breakOff() {
        isUsable = false
        socket.cut()
    }

    var failure: LibSSH2Failure {
        var words: UnsafeMutablePointer<CChar>?
        let code = libssh2_session_last_error(handle, &words, nil, 0)
        return LibSSH2Failure(code: code, words: words.map { String(cString: $0) } ?? "unknown error")
    }

    /// The failure of a call; marks the session unusable when the peer is gone.
    func failed(_ code: Int) -> LibSSH2Failure {
        let last = failure
        let failure = LibSSH2Failure(code: Int32(code), words: last.words)
        if failure.isDisconnect { breakOff() }
        return failure
    }

    /// A packet went out in part only: the same call must be repeated before any other call that sends.
    var isSending: Bool { libssh2_session_block_directions(handle) & LIBSSH2_SESSION_BLOCK_OUTBOUND != 0 }

    /// Waits until the socket is ready for what libssh2 wants to do next.
    func wait(until deadline: Deadline, _ wakeup: Wakeup?) throws {
        let events = Int16(POLLIN) | (isSending ? Int16(POLLOUT) : 0)
        try Poll.wait([(socket.descriptor, events)], until: deadline, wakeup)
    }

    /// The same, and returns early when an alarm is raised.
    /// - Returns: whether it was.
    func wait(until deadline: Deadline, _ wakeup: Wakeup?, beside alarm: Wakeup) throws -> Bool {
        let events = Int16(POLLIN) | (isSending ? Int16(POLLOUT) : 0)
        try Poll.wait([(socket.descriptor, events), (alarm.descriptor, Int16(POLLIN))], until: deadline, wakeup)
        return alarm.isRaised
    }

    /// Repeats a call until it is through, and returns its status.
    /// - Throws: `DeadlinePassed`; `CancellationError` at once without `grace`. With it, the call gets that time to finish,
    ///   and the caller looks at the wakeup itself.
    @discardableResult
    func attempt(until deadline: Deadline, _ wakeup: Wakeup?, _ call: () -> Int) throws -> Int {
        var deadline = deadline
        var watched = wakeup
        while true {
            let status = call()
            guard status == Int(LIBSSH2_ERROR_EAGAIN) else { return status }
            do {
                try wait(until: deadline, watched)
            } catch is CancellationError where grace > .zero {
                watched = nil
                deadline = min(deadline, Deadline(after: grace))
            } catch {
                // Half a packet is out, and nothing else can follow it.
                if isSending { breakOff() }
                throw error
            }
        }
    }

    /// As `attempt`, for calls that return a pointer.
    func attempt(until deadline: Deadline, _ wakeup: Wakeup?, _ call: () -> OpaquePointer?) throws -> OpaquePointer {
        var result: OpaquePointer?
        let status = try attempt(until: deadline, wakeup) {
            result = call()
            return result == nil ? Int(libssh2_session_last_errno(handle)) : 0
        }
        guard let result else { throw failed(status) }
        return result
    }

    /// libssh2 keeps an opening in the session: one that is not finished bars all others.
    /// - Throws: as `attempt`; the session is unusable after it.
    func openChannel(until deadline: Deadline, _ wakeup: Wakeup?) throws -> OpaquePointer {
        do {
            return try attempt(until: deadline, wakeup) {
                libssh2_channel_open_ex(handle, "session", 7, LibSSH2Session.window, LibSSH2Session.packet, nil, 0)
            }
        } catch {
            breakOff()
            throw error
        }
    }

    /// Receive window and packet size that libssh2 itself takes by default.
    private static let window: UInt32 = 2 << 20
    private static let packet: UInt32 = 32768

    /// Opens a channel and closes it again.
    func probe(until deadline: Deadline) {
        guard let channel = try? openChannel(until: deadline, nil) else { return }
        _ = try? attempt(until: deadline, nil) { Int(libssh2_channel_free(channel)) }
    }
}
