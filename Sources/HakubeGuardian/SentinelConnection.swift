// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc

/// One connection of a sentinel: TCP, TLS, and then beats that the API server answers.
///
/// HTTP/2 where the server speaks it; else one HEAD request a beat, which costs the server a little more.
final class SentinelConnection {
    enum Event: Hashable {
        case connected
        /// The process has spoken: it lives and can be asked for beats.
        case greeted
        case echoed
        case leaving
        case over(Ending)
    }

    enum Ending: Hashable {
        case refused
        case unreachable
        /// It stood, and the server or its kernel ended it.
        case ended
        case failed
    }

    private enum Stage { case connecting, handshaking, speakingHTTP2, speakingHTTP1 }

    private let server: SocketAddress
    private let loop: EventLoop
    private let tls: TLSSettings
    private let report: (SentinelConnection, Event) -> Void
    private var stage = Stage.connecting
    private var watch: EventLoop.Watch?
    private var session: TLSSession?
    private var frames = HTTP2.Reader()
    private var response: [UInt8] = []
    private var isGreeted = false

    /// Bytes read at once; what a heartbeat brings is far less.
    private static let capacity = 4096

    init(
        _ server: SocketAddress, loop: EventLoop, tls: TLSSettings,
        report: @escaping (SentinelConnection, Event) -> Void
    ) {
        self.server = server
        self.loop = loop
        self.tls = tls
        self.report = report
    }

    func open() {
        switch TCPSocket.connect(to: server, ownPort: true) {
        // Told later, as every other outcome is.
        case .failed(let number): loop.soon { [self] in finish(Self.ending(of: number)) }
        case .connecting(let descriptor):
            watch = loop.watch(descriptor, for: .write) { [self] _ in ready() }
        }
    }

    /// Ends it without a word. A reset, so that a dead host leaves no half-closed sockets behind here.
    func close() {
        session = nil
        isOver = true
        guard let watch else { return }
        loop.end(watch)
        TCPSocket.closeWithReset(watch.descriptor)
        self.watch = nil
    }

    /// Whether the connection's settings are still those that apply; another CA may be in force by now.
    var isCurrent: Bool { session.map(tls.isCurrent) ?? true }

    /// Whether the server's kernel has acknowledged every byte.
    var isTaken: Bool { watch.map { TCPSocket.isTaken($0.descriptor) } ?? true }

    func beat() {
        switch stage {
        case .connecting, .handshaking: return
        case .speakingHTTP2: send(HTTP2.beat)
        case .speakingHTTP1:
            send(Array("HEAD /livez HTTP/1.1\r\nHost: \(server)\r\nUser-Agent: hakube-guardian\r\n\r\n".utf8))
        }
    }

    private var isOver = false

    private func ready() {
        switch stage {
        case .connecting: connected()
        case .handshaking: handshake()
        case .speakingHTTP2, .speakingHTTP1: receive()
        }
    }

    private func connected() {
        guard let watch else { return }
        let number = TCPSocket.pendingError(watch.descriptor)
        guard number == 0 else { return finish(Self.ending(of: number)) }
        guard let session = tls.session(on: watch.descriptor, offeringHTTP2: true) else { return finish(.failed) }
        self.session = session
        stage = .handshaking
        report(self, .connected)
        handshake()
    }

    private func handshake() {
        guard let session, let watch else { return }
        switch session.handshake() {
        case .wantsRead: loop.change(watch, to: .read)
        case .wantsWrite: loop.change(watch, to: .write)
        case .ended, .failed, .untrusted: finish(.failed)
        case .done:
            loop.change(watch, to: .read)
            stage = session.speaksHTTP2 ? .speakingHTTP2 : .speakingHTTP1
            if stage == .speakingHTTP2 { send(HTTP2.opening) } else { greet() }
            // What came along with the end of the handshake is in OpenSSL's hands already.
            receive()
        }
    }

    private func greet() {
        guard !isGreeted, !isOver else { return }
        isGreeted = true
        report(self, .greeted)
    }

    private func receive() {
        while !isOver, let session {
            switch session.read(upTo: Self.capacity, { [self] in take($0) }) {
            case .done: if !session.holdsMore { return }
            case .wantsRead, .wantsWrite: return
            case .ended, .failed, .untrusted: return finish(isGreeted ? .ended : .failed)
            }
        }
    }

    private func take(_ bytes: ArraySlice<UInt8>) {
        guard stage == .speakingHTTP2 else { return takeResponse(bytes) }
        frames.append(bytes)
        while !isOver, let frame = frames.next() {
            let isAnswer = frame.flags & HTTP2.acknowledge != 0
            switch frame.kind {
            case HTTP2.settings where !isAnswer:
                send(HTTP2.settingsTaken)
                greet()
            case HTTP2.ping where isAnswer: report(self, .echoed)
            case HTTP2.ping: send(HTTP2.frame(HTTP2.ping, flags: HTTP2.acknowledge, frame.payload))
            case HTTP2.goAway: report(self, .leaving)
            default: continue
            }
        }
        if frames.isMalformed { finish(.failed) }
    }

    private func takeResponse(_ bytes: ArraySlice<UInt8>) {
        response += bytes
        switch HTTPResponseHead.read(response) {
        case .incomplete: return
        case .malformed: finish(.failed)
        case .complete(let head):
            response = []
            report(self, .echoed)
            if !head.keepsAlive, !isOver { report(self, .leaving) }
        }
    }

    private func send(_ bytes: [UInt8]) {
        switch session?.write(bytes) {
        // A send buffer that is full of beats has been silent for long: the machine's clock judges that.
        case .done, .wantsRead, .wantsWrite, nil: return
        case .ended, .failed, .untrusted: loop.soon { [self] in finish(isGreeted ? .ended : .failed) }
        }
    }

    private func finish(_ ending: Ending) {
        guard !isOver else { return }
        close()
        report(self, .over(ending))
    }

    private static func ending(of number: Int32) -> Ending {
        switch number {
        case ECONNREFUSED: .refused
        case ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ENETDOWN, EHOSTDOWN: .unreachable
        default: .failed
        }
    }
}
