// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Testing

@testable import HakubeGuardian

struct HTTPResponseTests {
    private func read(_ text: String) -> HTTPResponseHead.Reading { HTTPResponseHead.read(Array(text.utf8)) }

    @Test func `a head is read as soon as it is complete`() {
        let text = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\ncontent-length:  2\r\n\r\nok"
        let head = HTTPResponseHead(status: 200, length: text.utf8.count - 2, contentLength: 2, keepsAlive: true)
        #expect(read(text) == .complete(head))
        for length in 0..<(text.utf8.count - 2) {
            #expect(HTTPResponseHead.read(Array(text.utf8.prefix(length))) == .incomplete, "after \(length) bytes")
        }
    }

    @Test(arguments: ["HTTP/1.0 500 x\r\n\r\n", "HTTP/1.1 500 x\r\nConnection: close\r\n\r\n"])
    func `a connection that will close is known`(text: String) {
        let head = HTTPResponseHead(status: 500, length: text.utf8.count, contentLength: nil, keepsAlive: false)
        #expect(read(text) == .complete(head))
    }

    @Test(arguments: [
        "SSH-2.0-OpenSSH", "HTTP/2 200", "HTTP/1.1\r\n\r\n", "HTTP/1.1 99 x\r\n\r\n", "HTTP/1.1 2x0 x\r\n\r\n",
    ])
    func `anything else is no answer`(text: String) {
        #expect(read(text) == .malformed)
    }

    @Test func `a head without end is given up`() {
        #expect(read("HTTP/1.1 200 OK\r\n" + String(repeating: "x: y\r\n", count: 4000)) == .malformed)
    }
}
