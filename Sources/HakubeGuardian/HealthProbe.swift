// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc

/// How often and how patiently real servers are looked at, in milliseconds.
struct ProbeTiming {
    var interval: Int64 = 1000
    var timeout: Int64 = 1000
    /// The least time between two looks, however often a server hangs up, and the time to one that shall decide.
    var pause: Int64 = 100
}

/// Looks at one real server again and again: `GET /readyz` over one TLS connection that is kept.
///
/// It tells whether a living API server wants traffic; life itself is the sentinel's business.
final class HealthProbe {
    private enum Stage {
        case waiting
        case connecting
        case handshaking
        case sending
        case receiving
        /// Connected between two looks.
        case idle
    }

    let server: SocketAddress
    private let loop: EventLoop
    private let tls: TLSSettings
    private let timing: ProbeTiming
    /// Takes a result and says how to go on.
    private let report: (ProbeResult) -> Next

    enum Next { case atInterval, soon, rest }

    private var stage = Stage.waiting
    private var watch: EventLoop.Watch?
    private var session: TLSSession?
    private var started = Instant(nanoseconds: 0)
    private var timer: TimerHeap.ID?
    private var response: [UInt8] = []
    private var isReused = false
    private var pardons = 0
    /// A node that always runs late still has to come to a result.
    private static let mostPardons = 3
    /// API servers before 1.16 have no /readyz.
    private var path = HealthProbe.usualPath { didSet { request = Self.request(path, server) } }
    private var request: [UInt8]
    private static let usualPath = "/readyz"
    private var buffer = [UInt8](repeating: 0, count: 4096)

    init(
        _ server: SocketAddress, loop: EventLoop, tls: TLSSettings, timing: ProbeTiming = ProbeTiming(),
        report: @escaping (ProbeResult) -> Next
    ) {
        self.server = server
        request = Self.request(path, server)
        self.loop = loop
        self.tls = tls
        self.timing = timing
        self.report = report
    }

    /// Looks now, unless a look is under way.
    func look() {
        switch stage {
        case .waiting: begin()
        case .idle where loop.now.milliseconds(since: started) >= timing.pause: begin()
        default: return
        }
    }

    /// Looks no more until told to.
    func stop() {
        cancelTimer()
        disconnect()
    }

    private func begin() {
        cancelTimer()
        started = loop.now
        timer = loop.after(timing.timeout) { [self] in
            timer = nil
            // A time-out says nothing about the server when this node itself slept through it.
            if loop.lateness > timing.timeout / 4, pardons < Self.mostPardons {
                pardons += 1
                retry()
            } else {
                finish(.timedOut)
            }
        }
        if let session, !tls.isCurrent(session) { disconnect() }
        if stage == .idle {
            isReused = true
            send()
        } else {
            // The one that lacked it may have been starting, or has been replaced by a newer one.
            if path != Self.usualPath { path = Self.usualPath }
            connect()
        }
    }

    private func connect() {
        isReused = false
        switch TCPSocket.connect(to: server, ownPort: true) {
        case .failed(let number): finish(.failed(number))
        case .connecting(let descriptor):
            stage = .connecting
            watch = loop.watch(descriptor, for: .write) { [self] readiness in ready(readiness) }
        }
    }

    private func ready(_ readiness: Readiness) {
        switch stage {
        case .waiting: return
        case .connecting: connected()
        case .handshaking: handshake()
        case .sending: send()
        case .receiving: receive()
        case .idle:
            // Nothing is expected now, so whatever happens is the end of the connection or a TLS 1.3 ticket.
            switch session?.read(into: &buffer) {
            case .wantsRead: return
            default:
                disconnect()
                schedule(at: max(loop.now, started.advanced(by: timing.pause)))
            }
        }
    }

    private func connected() {
        guard let watch else { return }
        let number = TCPSocket.pendingError(watch.descriptor)
        guard number == 0 else { return finish(.failed(number)) }
        guard let session = tls.session(on: watch.descriptor) else { return finish(.broken("TLS cannot start")) }
        self.session = session
        stage = .handshaking
        handshake()
    }

    private func handshake() {
        guard let step = session?.handshake() else { return }
        if advance(step) != nil { send() }
    }

    private func send() {
        stage = .sending
        response = []
        guard let step = session?.write(request) else { return }
        if advance(step) != nil {
            stage = .receiving
            receive()
        }
    }

    private func receive() {
        while let session, let count = advance(session.read(into: &buffer)) {
            response += buffer[..<count]
            switch HTTPResponseHead.read(response) {
            case .incomplete: continue
            case .malformed: return finish(.broken("the answer is not HTTP"))
            case .complete(let head):
                guard head.keepsAlive, let length = head.contentLength, length < 65_536 else {
                    disconnect()
                    return conclude(head.status)
                }
                guard response.count >= head.length + length else { continue }
                return conclude(head.status)
            }
        }
    }

    private func conclude(_ status: Int) {
        guard status == 404, path == Self.usualPath else { return finish(.answered(status: status)) }
        path = "/healthz"
        if session == nil { connect() } else { send() }
    }

    /// The byte count of a finished step; nil when it has to wait or the look is over.
    private func advance(_ step: TLSSession.Step) -> Int? {
        guard let watch else { return nil }
        switch step {
        case .done(let count): return count
        case .wantsRead: loop.change(watch, to: .read)
        case .wantsWrite: loop.change(watch, to: .write)
        case .ended: isReused ? retry() : finish(.broken("the connection was cut"))
        case .failed(let reason): isReused ? retry() : finish(.broken(reason))
        case .untrusted(let reason): finish(.untrusted(reason))
        }
        return nil
    }

    /// Asks again on a fresh connection: the kept one may have been closed for its age.
    private func retry() {
        disconnect()
        begin()
    }

    private func finish(_ result: ProbeResult) {
        pardons = 0
        cancelTimer()
        if case .answered = result, session != nil, let watch {
            stage = .idle
            loop.change(watch, to: [.read, .readEnd])
        } else {
            disconnect()
        }
        let pause = loop.now.advanced(by: timing.pause)
        switch report(result) {
        case .atInterval: schedule(at: max(started.advanced(by: timing.interval), pause))
        case .soon: schedule(at: pause)
        case .rest: stop()
        }
    }

    private func schedule(at instant: Instant) {
        cancelTimer()
        timer = loop.after(max(0, instant.milliseconds(since: .now))) { [self] in
            timer = nil
            begin()
        }
    }

    private func cancelTimer() {
        if let timer { loop.cancel(timer) }
        timer = nil
    }

    private func disconnect() {
        session = nil
        stage = .waiting
        guard let watch else { return }
        loop.end(watch)
        close(watch.descriptor)
        self.watch = nil
    }

    private static func request(_ path: String, _ server: SocketAddress) -> [UInt8] {
        Array("GET \(path) HTTP/1.1\r\nHost: \(server)\r\nUser-Agent: hakube-guardian\r\nAccept: */*\r\n\r\n".utf8)
    }
}

extension ProbeResult {
    /// What a connection that did not come about means.
    static func failed(_ number: Int32) -> ProbeResult {
        switch number {
        case ECONNREFUSED: .refused
        case ETIMEDOUT: .timedOut
        default: .broken(errorText(number))
        }
    }
}
