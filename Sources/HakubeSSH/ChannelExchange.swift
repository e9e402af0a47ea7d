// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CLibSSH2
import HakubeRemote
import HakubeTransport

/// One exec channel: a command line goes out, input follows, two streams and a status come back.
final class ChannelExchange: Exchange {
    private let session: LibSSH2Session
    private var channel: OpaquePointer?
    private let wakeup: Wakeup?
    private let stallTimeout: Duration
    private let keepaliveInterval: Duration
    private let sink: OutputSink
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 16)
    /// The remote side sends no more; a command that died shows this way.
    private(set) var hasEnded = false
    /// The command has not been told yet that its input is over.
    private(set) var isInputOpen = true

    /// libssh2 puts at most 32700 bytes into a packet; a whole packet a call keeps the accounting simple.
    private static let packet = 32 << 10

    /// - Throws: `LibSSH2Failure`; `DeadlinePassed`; `CancellationError`.
    init(
        _ session: LibSSH2Session, command: String, configuration: SSHConfiguration, wakeup: Wakeup?,
        sink: @escaping OutputSink
    ) throws {
        self.session = session
        self.wakeup = wakeup
        self.sink = sink
        stallTimeout = configuration.stallTimeout
        keepaliveInterval = configuration.keepaliveInterval
        if wakeup?.isRaised == true { throw CancellationError() }
        let deadline = Deadline(after: configuration.connectTimeout)
        let channel = try session.openChannel(until: deadline, wakeup)
        self.channel = channel
        let status = try session.attempt(until: deadline, wakeup) {
            Int(
                libssh2_channel_process_startup(channel, "exec", 4, command, UInt32(command.utf8.count)))
        }
        guard status == 0 else { throw session.failed(status) }
        if wakeup?.isRaised == true { throw CancellationError() }
    }

    deinit {
        close()
        buffer.deallocate()
    }

    /// Sends bytes, reading what comes back meanwhile. Stops early when the remote side has ended; look at `hasEnded`.
    /// - Throws: `DeadlinePassed` when nothing moved for the stall time-out; `CancellationError`; `LibSSH2Failure`.
    func send(_ bytes: UnsafeRawBufferPointer) throws {
        guard let base = bytes.bindMemory(to: CChar.self).baseAddress else { return }
        var sent = 0
        var stall = Deadline(after: stallTimeout)
        while sent < bytes.count && !hasEnded {
            let size = min(bytes.count - sent, ChannelExchange.packet)
            let count = libssh2_channel_write_ex(channel, 0, base + sent, size)
            if count > 0 {
                sent += count
                stall = Deadline(after: stallTimeout)
                // On a line where the socket is the narrow place the window never closes, and nothing would be heard else.
                if hasArrived { _ = try drain() }
                continue
            }
            guard count == 0 || count == Int(LIBSSH2_ERROR_EAGAIN) else {
                // The channel was closed under our hands; what the command said about it is still to be read.
                if try closedByPeer(count) { return }
                throw session.failed(count)
            }
            let isMidPacket = session.isSending
            if !isMidPacket && hasArrived {
                _ = try drain()
                stall = Deadline(after: stallTimeout)
                continue
            }
            // Nothing may be read between the write, which looks for a wider window, and the wait for one.
            do {
                try session.wait(until: stall, wakeup)
            } catch {
                if isMidPacket { finishPacket(base + sent, size) }
                throw error
            }
        }
    }

    /// Ends the input, reads the rest, and returns the exit status: 128 + number for a signal.
    func finish(until deadline: Deadline) throws -> Int {
        try endInput(until: deadline)
        try read(until: deadline) { self.hasEnded }
        let status = try session.attempt(until: deadline, wakeup) { Int(libssh2_channel_wait_closed(channel)) }
        guard status == 0 else { throw session.failed(status) }
        if wakeup?.isRaised == true { throw CancellationError() }
        return exitStatus()
    }

    private func endInput(until deadline: Deadline) throws {
        isInputOpen = false
        let status = try session.attempt(until: deadline, wakeup) { Int(libssh2_channel_send_eof(channel)) }
        guard status == 0 || hasEnded else { throw session.failed(status) }
    }

    /// Reads until `condition` holds or the remote side ends.
    func read(until deadline: Deadline, condition: () -> Bool) throws {
        var keepalive = Deadline(after: keepaliveInterval)
        while !condition() && !hasEnded {
            if try drain() > 0 { continue }
            if hasEnded { return }
            do {
                try session.wait(until: min(deadline, keepalive), wakeup)
            } catch is DeadlinePassed where !deadline.hasPassed {
                // The answer is not waited for: the kernel ends a connection whose peer acknowledges nothing.
                var next: Int32 = 0
                _ = libssh2_keepalive_send(session.handle, &next)
                keepalive = Deadline(after: keepaliveInterval)
            }
        }
    }

    /// Waits, for as long as it takes, until something has come and was read, or the alarm was raised.
    func listen(_ alarm: Wakeup) throws {
        while !hasEnded {
            if try drain() > 0 { return }
            if hasEnded { return }
            do {
                let ready = try session.wait(until: Deadline(after: keepaliveInterval), wakeup, beside: alarm)
                if ready { return }
            } catch is DeadlinePassed {
                // As in `read`.
                var next: Int32 = 0
                _ = libssh2_keepalive_send(session.handle, &next)
            }
        }
    }

    /// Something waits in libssh2's queue, where poll(2) does not see it.
    private var hasArrived: Bool {
        var available: UInt = 0
        libssh2_channel_window_read_ex(channel, &available, nil)
        return available > 0 || libssh2_channel_eof(channel) == 1
    }

    /// Takes in what has arrived and returns how much it was.
    private func drain() throws -> Int {
        var total = 0
        repeat {
            total += try drain(0, .out) + drain(1, .err)
            hasEnded = libssh2_channel_eof(channel) == 1
            // Reading one stream may have queued bytes of the other.
        } while hasArrived && !hasEnded
        return total
    }

    private func drain(_ number: Int32, _ stream: OutputLine.Stream) throws -> Int {
        var total = 0
        while true {
            let target = buffer.bindMemory(to: CChar.self).baseAddress
            let count = libssh2_channel_read_ex(channel, number, target, buffer.count)
            if count > 0 {
                total += count
                sink(stream, UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                continue
            }
            guard count == 0 || count == Int(LIBSSH2_ERROR_EAGAIN) else { throw session.failed(count) }
            // A window adjustment went out in part: it has to be finished before anything else is sent.
            guard count != 0, session.isSending else { return total }
            try session.wait(until: Deadline(after: stallTimeout), nil)
        }
    }

    private func closedByPeer(_ code: Int) throws -> Bool {
        guard [LIBSSH2_ERROR_CHANNEL_CLOSED, LIBSSH2_ERROR_CHANNEL_EOF_SENT].contains(Int32(code)) else { return false }
        _ = try drain()
        hasEnded = true
        return true
    }

    private func finishPacket(_ bytes: UnsafePointer<CChar>, _ size: Int) {
        _ = try? session.attempt(until: Deadline(after: session.grace), nil) {
            libssh2_channel_write_ex(channel, 0, bytes, size)
        }
    }

    /// Closes the channel; the session can be used again after it.
    func close() {
        guard let channel else { return }
        self.channel = nil
        let deadline = Deadline(after: .milliseconds(500))
        while session.isUsable, libssh2_channel_free(channel) == LIBSSH2_ERROR_EAGAIN {
            do {
                try session.wait(until: deadline, nil)
            } catch {
                // sshd answers only when the command has ended. An unanswered channel is freed with the session.
                if session.isSending { session.breakOff() }
                return
            }
        }
    }

    private func exitStatus() -> Int {
        var name: UnsafeMutablePointer<CChar>?
        libssh2_channel_get_exit_signal(channel, &name, nil, nil, nil, nil, nil)
        guard let name else { return Int(libssh2_channel_get_exit_status(channel)) }
        defer { libssh2_free(session.handle, name) }
        return 128 + (ChannelExchange.signals[String(cString: name)] ?? 0)
    }

    // RFC 4254 section 6.10 names them; the numbers are Linux's.
    private static let signals = [
        "HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "ABRT": 6, "FPE": 8, "KILL": 9, "USR1": 10, "SEGV": 11, "USR2": 12,
        "PIPE": 13, "ALRM": 14, "TERM": 15,
    ]
}
