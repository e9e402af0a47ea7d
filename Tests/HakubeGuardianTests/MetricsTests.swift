// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Testing

@testable import HakubeGuardian

struct MetricsTests {
    private func answer(_ request: String) -> String {
        MetricsServer.answer(to: Array(request.utf8)) { "figures\n" }
    }

    @Test(arguments: [
        ("GET /metrics HTTP/1.1\r\n\r\n", "200 OK"), ("GET /metrics?x=1 HTTP/1.0\r\n\r\n", "200 OK"),
        ("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "200 OK"), ("GET / HTTP/1.1\r\n\r\n", "404 Not Found"),
        ("POST /metrics HTTP/1.1\r\n\r\n", "405 Method Not Allowed"), ("nonsense\r\n\r\n", "400 Bad Request"),
        ("", "400 Bad Request"),
    ])
    func `each request has its answer`(request: String, status: String) {
        #expect(answer(request).hasPrefix("HTTP/1.1 \(status)\r\n"))
    }

    @Test func `a HEAD request gets the same head and no body`() {
        let whole = answer("GET /metrics HTTP/1.1\r\n\r\n")
        #expect(whole.hasSuffix("\r\n\r\nfigures\n"))
        #expect(whole.contains("Content-Length: 8\r\n"))
        #expect(answer("HEAD /metrics HTTP/1.1\r\n\r\n") + "figures\n" == whole)
    }
}
