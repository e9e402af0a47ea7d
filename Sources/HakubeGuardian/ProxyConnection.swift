// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CNetlink
import Glibc

/// One client's connection and the one made for it to a real server.
final class ProxyConnection {
    /// What the proxy has to know of a connection's fate.
    struct Delegate {
        /// A real server did not take the connection.
        let failed: (SocketAddress) -> Void
        let ended: (ProxyConnection) -> Void
    }

    private struct Attempt {
        let server: SocketAddress
        let patience: Int64
    }

    /// The real server that serves it, or is being tried.
    private(set) var server: SocketAddress?
    private(set) var lastActivity: Instant

    private let loop: EventLoop
    private let pool: PipePool
    private let delegate: Delegate
    private let client: EventLoopDescriptor
    private var upstream: EventLoopDescriptor?
    private var isConnected = false
    private var attempts: [Attempt]
    private var timer: TimerHeap.ID?
    private var upward = ProxyStream()
    private var downward = ProxyStream()
    private var isPumpPending = false
    private var isOver = false

    private static let interest: Readiness = [.read, .write, .readEnd, .edge]
    /// How long a half-closed connection may be silent before it is given up.
    private static let halfClosedLimit: Int64 = 60_000

    /// Takes over the client's descriptor and tries the candidates in turn: each briefly, since a dead host keeps silent
    /// and another server is at hand, then each once more with the patience that a lost packet needs.
    init(client: Int32, candidates: [SocketAddress], loop: EventLoop, pool: PipePool, delegate: Delegate) {
        self.loop = loop
        self.pool = pool
        self.delegate = delegate
        self.client = EventLoopDescriptor(client, loop: loop)
        lastActivity = loop.now
        attempts =
            candidates.map { Attempt(server: $0, patience: 300) }
            + candidates.map { Attempt(server: $0, patience: 2000) }
    }

    func start() {
        TCPSocket.sendAtOnce(client.number)
        TCPSocket.keepAlive(client.number)
        client.watch(for: Self.interest) { [self] readiness in
            if readiness.contains(.error) { return end(withReset: true) }
            if !readiness.isDisjoint(with: [.read, .readEnd, .hangUp]) { upward.isReadable = true }
            if readiness.contains(.write) { downward.isWritable = true }
            pump()
        }
        tryNext()
    }

    /// Ends both halves. With a reset the client knows at once that it has to connect again.
    func end(withReset reset: Bool) {
        guard !isOver else { return }
        isOver = true
        cancelTimer()
        client.close(withReset: reset)
        upstream?.close(withReset: reset)
        upward.release(to: pool)
        downward.release(to: pool)
        delegate.ended(self)
    }

    /// Its server is dead or no longer wanted: an open connection ends, a beginning one turns to another server.
    /// Returns whether it ended.
    func leaveServer() -> Bool {
        if isConnected {
            end(withReset: true)
            return true
        }
        // Without an attempt under way the next one is on its way already.
        guard upstream != nil else { return false }
        cancelTimer()
        tryNext()
        return false
    }

    private func tryNext() {
        upstream?.close(withReset: true)
        upstream = nil
        guard !attempts.isEmpty else { return end(withReset: true) }
        let attempt = attempts.removeFirst()
        server = attempt.server
        switch TCPSocket.connect(to: attempt.server) {
        case .failed: abandon(attempt.server)
        case .connecting(let descriptor):
            let upstream = EventLoopDescriptor(descriptor, loop: loop)
            self.upstream = upstream
            timer = loop.after(attempt.patience) { [self] in
                timer = nil
                delegate.failed(attempt.server)
                tryNext()
            }
            upstream.watch(for: Self.interest) { [self] readiness in serverIsReady(readiness) }
        }
    }

    /// Gives a server up that answered with an error: asking it again makes no sense.
    private func abandon(_ server: SocketAddress) {
        attempts.removeAll { $0.server == server }
        delegate.failed(server)
        // Not from within: each refusal would deepen the stack.
        loop.soon { [self] in
            if !isOver { tryNext() }
        }
    }

    private func serverIsReady(_ readiness: Readiness) {
        guard let upstream, let server else { return }
        if !isConnected {
            cancelTimer()
            guard TCPSocket.pendingError(upstream.number) == 0 else {
                upstream.close(withReset: true)
                self.upstream = nil
                return abandon(server)
            }
            isConnected = true
            TCPSocket.keepAlive(upstream.number)
        }
        if readiness.contains(.error) { return end(withReset: true) }
        if !readiness.isDisjoint(with: [.read, .readEnd, .hangUp]) { downward.isReadable = true }
        if readiness.contains(.write) { upward.isWritable = true }
        pump()
    }

    private func pump() {
        guard isConnected, !isOver, let upstream else { return }
        var moved = false
        let outcomes = [
            upward.pump(from: client.number, to: upstream.number, pool: pool, moved: &moved),
            downward.pump(from: upstream.number, to: client.number, pool: pool, moved: &moved),
        ]
        if moved { lastActivity = loop.now }
        if outcomes.contains(.broken) { return end(withReset: true) }
        if upward.isFinished, downward.isFinished { return end(withReset: false) }
        if upward.isFinished || downward.isFinished { limitHalfClosed() }
        guard outcomes.contains(.more), !isPumpPending else { return }
        isPumpPending = true
        loop.soon { [self] in
            isPumpPending = false
            pump()
        }
    }

    private func limitHalfClosed() {
        guard timer == nil else { return }
        timer = loop.after(Self.halfClosedLimit) { [self] in
            timer = nil
            if loop.now.milliseconds(since: lastActivity) >= Self.halfClosedLimit {
                end(withReset: true)
            } else {
                limitHalfClosed()
            }
        }
    }

    private func cancelTimer() {
        if let timer { loop.cancel(timer) }
        timer = nil
    }
}
