// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// One request on a connection of its own. It knows nothing of those before and after it: one that hangs delays none.
final class ProbeRequest {
    struct Outcome: Hashable {
        let number: Int
        let begin: Instant
        let end: Instant
        /// An answer of 200 to 299.
        let isGood: Bool
        /// The answer's status; nil when there was none.
        let status: Int?
        /// Why it is not good.
        let reason: String
    }

    private let number: Int
    private let timeout: Int64
    private let loop: EventLoop
    private let report: (ProbeRequest, Outcome) -> Void
    private var connection: ProbeConnection?
    private var timer: TimerHeap.ID?
    private var begin = Instant.now
    private var response: [UInt8] = []

    init(_ number: Int, timeout: Int64, loop: EventLoop, report: @escaping (ProbeRequest, Outcome) -> Void) {
        self.number = number
        self.timeout = timeout
        self.loop = loop
        self.report = report
    }

    func start(to server: ProbeServer, path: String, lookup: NameLookup, tls: ClientTLS) {
        begin = .now
        let request =
            "GET \(path) HTTP/1.1\r\nHost: \(server)\r\nUser-Agent: hakube-guardian\r\nConnection: close\r\n\r\n"
        let connection = ProbeConnection(to: server, loop: loop, lookup: lookup, tls: tls, isLasting: false) {
            [self] event in
            switch event {
            case .open: self.connection?.send(Array(request.utf8))
            case .bytes(let bytes): take(bytes)
            case .over(let reason): finish(nil, reason)
            }
        }
        self.connection = connection
        timer = loop.after(timeout) { [self] in
            timer = nil
            finish(nil, "no answer in \(timeout) ms")
        }
        connection.begin()
    }

    private func take(_ bytes: ArraySlice<UInt8>) {
        response += bytes
        switch HTTPResponseHead.read(response) {
        case .incomplete: return
        case .malformed: finish(nil, "the answer is not HTTP")
        case .complete(let head):
            let isGood = (200...299).contains(head.status)
            finish(head.status, isGood ? "" : "answered \(head.status)", isGood: isGood)
        }
    }

    private func finish(_ status: Int?, _ reason: String, isGood: Bool = false) {
        guard let connection else { return }
        connection.close()
        self.connection = nil
        if let timer { loop.cancel(timer) }
        timer = nil
        report(
            self,
            Outcome(number: number, begin: begin, end: .now, isGood: isGood, status: status, reason: reason))
    }
}
