// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import Testing

/// `hakube-guardian check`, which keepalived runs every second on a master.
@Suite(
    .serialized, .enabled(if: TestNetwork.obstacle == nil, Comment(rawValue: TestNetwork.obstacle ?? "")),
    .timeLimit(.minutes(2)))
struct CheckTests {
    private let network: TestNetwork

    init() throws { network = try TestNetwork() }

    private func check(_ words: String) throws -> (lines: [String], exitCode: Int32) {
        try network.run([try #require(TestNetwork.guardian), "check"] + words.split(separator: " ").map(String.init))
    }

    /// Answers requests in the clear with 200 and nothing.
    private func startPlainServer(_ port: Int) throws -> ChildProcess {
        let program = """
            import http.server
            class Handler(http.server.BaseHTTPRequestHandler):
                def log_message(self, *words): pass
                def do_GET(self):
                    self.send_response(200 if self.path == '/healthz' else 404)
                    self.end_headers()
            server = http.server.HTTPServer(('127.0.0.1', \(port)), Handler)
            print('listening', flush=True)
            server.serve_forever()
            """
        let server = try network.start(["python3", "-c", program])
        try server.line(containing: "listening")
        return server
    }

    @Test func `all well is 0 without a word`() throws {
        let kubelet = try startPlainServer(10248)
        let (lines, code) = try check(
            "--https 10.0.0.1:6443/readyz --https 10.0.0.2:6443/readyz --http 127.0.0.1:10248/healthz --ca /none")
        #expect(lines == [])
        #expect(code == 0)
        kubelet.kill(SIGTERM)
    }

    @Test func `every address that is not well is told, in the order given`() throws {
        let kubelet = try startPlainServer(10248)
        try Data().write(to: URL(fileURLWithPath: network.directory + "/sick-m2"))
        try network.killServer(3)
        let (lines, code) = try check(
            "--https 10.0.0.3:6443/readyz --https 10.0.0.1:6443/readyz --https 10.0.0.2:6443/readyz "
                + "--http 127.0.0.1:10248/other --ca /none")
        #expect(
            lines == [
                "hakube-guardian: https://10.0.0.3:6443/readyz: connection refused",
                "hakube-guardian: https://10.0.0.2:6443/readyz: HTTP 500",
                "hakube-guardian: http://127.0.0.1:10248/other: HTTP 404",
            ])
        #expect(code == 1)
        kubelet.kill(SIGTERM)
    }

    @Test func `a server that refuses while a peer answers is starting, and well where all refuse`() throws {
        let question = "--https 10.0.0.1:6443/readyz --ca /none --peer 10.0.0.2:6443 --peer 10.0.0.3:6443"
        func refuse(_ name: String) throws {
            try Data("403".utf8).write(to: URL(fileURLWithPath: network.directory + "/sick-" + name))
        }
        try refuse("m1")
        let (lines, code) = try check(question)
        #expect(lines == ["hakube-guardian: https://10.0.0.1:6443/readyz: HTTP 403"])
        #expect(code == 1)
        try refuse("m2")
        #expect(try check(question).exitCode == 1)
        // Who does not answer says nothing about strangers.
        try network.killServer(3)
        #expect(try check(question).exitCode == 0)
        #expect(try check("--https 10.0.0.1:6443/readyz --ca /none").exitCode == 0)
    }

    @Test func `a process that hangs costs the time given and no more, and hides no other`() throws {
        network.signalServer(1, SIGSTOP)
        defer { network.signalServer(1, SIGCONT) }
        let began = Date()
        let (lines, code) = try check(
            "--https 10.0.0.1:6443/readyz --http 127.0.0.1:1/healthz --timeout 300 --ca /none")
        #expect(Date().timeIntervalSince(began) < 3)
        #expect(
            lines == [
                "hakube-guardian: https://10.0.0.1:6443/readyz: no answer in time",
                "hakube-guardian: http://127.0.0.1:1/healthz: connection refused",
            ])
        #expect(code == 1)
    }

    @Test func `a certificate of another cluster is not well once the CA is there`() throws {
        #expect(try check("--https 10.0.0.1:6443/readyz --ca certificate.pem").exitCode == 0)
        try network.succeed([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
            "other.key", "-out", "other.pem", "-days", "2", "-subj", "/CN=other",
        ])
        let (lines, code) = try check("--https 10.0.0.1:6443/readyz --ca other.pem")
        #expect(lines.first?.contains("not trusted") == true)
        #expect(code == 1)
    }

    @Test func `what is no HTTP is not well`() throws {
        let (lines, code) = try check("--http 10.0.0.1:6443/readyz --ca /none --timeout 2000")
        #expect(lines.count == 1)
        #expect(code == 1)
    }
}
