// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CNetlink
import Glibc

/// A page of figures and a sign of life, over HTTP on a loopback address.
///
/// `/healthz` answers 200 as long as the guardian's loop turns: that API servers are down is what it is there for, and no
/// reason for the kubelet to restart it.
package final class MetricsServer {
    private let address: SocketAddress
    private let loop: EventLoop
    private let page: () -> String
    private var listener: EventLoopDescriptor?
    private var clients: [Int32: EventLoopDescriptor] = [:]
    private var hasComplained = false
    private var openAfter = Instant(nanoseconds: 0)

    private static let mostClients = 16
    private static let patience: Int64 = 2000

    init(on address: SocketAddress, loop: EventLoop, page: @escaping () -> String) {
        self.address = address
        self.loop = loop
        self.page = page
        open()
    }

    /// Listens, unless it does already. An earlier guardian that has yet to end may listen beside it; another program on the
    /// address keeps it away.
    func open() {
        guard listener == nil, loop.now >= openAfter else { return }
        switch TCPSocket.listen(on: address) {
        case .success(let descriptor):
            let listener = EventLoopDescriptor(descriptor, loop: loop)
            self.listener = listener
            listener.watch(for: .read) { [self] _ in accept(on: descriptor) }
        case .failure(let error):
            openAfter = loop.now.advanced(by: Self.patience)
            if !hasComplained { Log.line("no metrics yet: \(error)") }
            hasComplained = true
        }
    }

    func close() {
        listener?.close()
        listener = nil
        for client in clients.values { client.close() }
        clients = [:]
    }

    private func accept(on descriptor: Int32) {
        let number = hakube_accept(descriptor)
        guard number >= 0 else {
            if errno != EAGAIN { listener?.pause(for: 100) }
            return
        }
        guard clients.count < Self.mostClients else {
            _ = Glibc.close(number)
            return
        }
        let client = EventLoopDescriptor(number, loop: loop)
        clients[number] = client
        var request: [UInt8] = []
        let timer = loop.after(Self.patience) { [self] in end(client) }
        client.watch(for: .read) { [self] _ in
            var chunk = [UInt8](repeating: 0, count: 2048)
            let count = recv(number, &chunk, chunk.count, 0)
            if count < 0, errno == EAGAIN { return }
            request += chunk[..<max(0, count)]
            guard count <= 0 || request.count > 8192 || Self.isComplete(request) else { return }
            loop.cancel(timer)
            if count > 0 {
                let answer = Array(Self.answer(to: request, page: page).utf8)
                // At most a few kilobytes into an empty buffer: it fits.
                _ = Glibc.send(number, answer, answer.count, Int32(MSG_NOSIGNAL))
            }
            end(client)
        }
    }

    private func end(_ client: EventLoopDescriptor) {
        clients[client.number] = nil
        client.close()
    }

    private static func isComplete(_ request: [UInt8]) -> Bool { request.suffix(4).elementsEqual([13, 10, 13, 10]) }

    /// The response to a request's bytes. Pure but for the page.
    package static func answer(to request: [UInt8], page: () -> String) -> String {
        let line = request.prefix { $0 != 13 && $0 != 10 }
        let words = String(decoding: line, as: UTF8.self).split(separator: " ")
        guard words.count == 3, words[2].hasPrefix("HTTP/1.") else {
            return response("400 Bad Request", "bad request\n")
        }
        guard words[0] == "GET" || words[0] == "HEAD" else {
            return response("405 Method Not Allowed", "only GET and HEAD\n")
        }
        let isHead = words[0] == "HEAD"
        switch words[1].prefix(while: { $0 != "?" }) {
        case "/healthz", "/livez": return response("200 OK", "ok\n", isHead: isHead)
        case "/metrics": return response("200 OK", page(), isHead: isHead)
        default: return response("404 Not Found", "there are /metrics and /healthz\n", isHead: isHead)
        }
    }

    private static func response(_ status: String, _ body: String, isHead: Bool = false) -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: "
            + "\(body.utf8.count)\r\nConnection: close\r\n\r\n" + (isHead ? "" : body)
    }
}
