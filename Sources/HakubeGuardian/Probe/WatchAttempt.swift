// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// One try to have a watch, and the watch itself for as long as it stands: a connection, a request that does not end, and
/// what comes in answer.
final class WatchAttempt {
    enum Event: Hashable {
        /// The server has taken the watch.
        case made
        /// Something came: events, bookmarks, answers to pings.
        case heard
        /// It is over, and why; also when it was never made.
        case over(String)
    }

    /// How long a server may take until it has answered; one that has just started builds its caches first.
    static let patience: Int64 = 3000

    private let loop: EventLoop
    private let path: String
    private let authority: String
    private let report: (WatchAttempt, Event) -> Void
    private var connection: ProbeConnection?
    private var timer: TimerHeap.ID?
    private var patience: WatchPatience?
    private var frames = HTTP2.Reader()
    private var response: [UInt8] = []
    private(set) var isMade = false

    init(loop: EventLoop, path: String, authority: String, report: @escaping (WatchAttempt, Event) -> Void) {
        self.loop = loop
        self.path = path
        self.authority = authority
        self.report = report
    }

    var serverDigest: String? { connection?.serverDigest }

    func start(to server: ProbeServer, lookup: NameLookup, tls: ClientTLS) {
        let connection = ProbeConnection(to: server, loop: loop, lookup: lookup, tls: tls, isLasting: true) {
            [self] event in
            switch event {
            case .open: ask()
            case .bytes(let bytes): speaksHTTP2 ? take(bytes) : takeResponse(bytes)
            case .over(let reason): finish(reason)
            }
        }
        self.connection = connection
        timer = loop.after(Self.patience) { [self] in
            timer = nil
            finish("no answer in \(Self.patience) ms")
        }
        connection.begin()
    }

    func close() {
        connection?.close()
        connection = nil
        if let timer { loop.cancel(timer) }
        timer = nil
    }

    private var speaksHTTP2: Bool { connection?.speaksHTTP2 ?? false }

    private func ask() {
        guard let connection else { return }
        let agent = "hakube-guardian"
        if connection.speaksHTTP2 {
            connection.send(HTTP2.opening + HTTP2.get(path, authority: authority, userAgent: agent))
        } else {
            let lines = ["GET \(path) HTTP/1.1", "Host: \(authority)", "User-Agent: \(agent)", "", ""]
            connection.send(Array(lines.joined(separator: "\r\n").utf8))
        }
    }

    private func take(_ bytes: ArraySlice<UInt8>) {
        frames.append(bytes)
        while let connection, let frame = frames.next() {
            patience?.hear(at: Instant.now.milliseconds)
            let isAnswer = frame.flags & HTTP2.acknowledge != 0
            switch frame.kind {
            case HTTP2.settings where !isAnswer: connection.send(HTTP2.settingsTaken)
            case HTTP2.ping where isAnswer:
                patience?.hearAnswer(at: Instant.now.milliseconds)
                report(self, .heard)
            case HTTP2.ping: connection.send(HTTP2.frame(HTTP2.ping, flags: HTTP2.acknowledge, frame.payload))
            case HTTP2.headers:
                if !isMade { answered(HTTP2.status(of: frame)) }
                if frame.flags & HTTP2.endStream != 0 { finish("the server ended the watch") }
            case HTTP2.data:
                if !frame.payload.isEmpty { connection.send(HTTP2.more(frame.payload.count)) }
                if isMade { report(self, .heard) }
                if frame.flags & HTTP2.endStream != 0 { finish("the server ended the watch") }
            case HTTP2.resetStream: finish("the server reset the watch")
            default: continue
            }
        }
        if frames.isMalformed { finish("the answer is not HTTP/2") }
    }

    /// Without HTTP/2 there are no pings: then nothing but TCP tells of a connection that is dead.
    private func takeResponse(_ bytes: ArraySlice<UInt8>) {
        if isMade {
            // The last piece of a body that comes in pieces is empty (RFC 9112, 7.1).
            if bytes.suffix(5).elementsEqual("0\r\n\r\n".utf8) { return finish("the server ended the watch") }
            return report(self, .heard)
        }
        response += bytes
        switch HTTPResponseHead.read(response) {
        case .incomplete: return
        case .malformed: finish("the answer is not HTTP")
        case .complete(let head):
            answered(head.status)
            response = []
        }
    }

    private func answered(_ status: Int?) {
        guard status == 200 else { return finish(status.map { "answered \($0)" } ?? "the answer cannot be read") }
        isMade = true
        if let timer { loop.cancel(timer) }
        timer = nil
        report(self, .made)
        guard speaksHTTP2 else { return }
        patience = WatchPatience(now: Instant.now.milliseconds)
        look()
    }

    private func look() {
        guard let connection, let act = patience?.next(at: Instant.now.milliseconds) else { return }
        switch act {
        case .wait(let milliseconds):
            timer = loop.after(milliseconds) { [self] in look() }
        case .ping:
            connection.send(HTTP2.beat)
            look()
        case .giveUp: finish("no answer to a ping in \(WatchPatience(now: 0).answer / 1000) s")
        }
    }

    private func finish(_ reason: String) {
        guard connection != nil else { return }
        close()
        report(self, .over(reason))
    }
}
