// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import Testing

/// The probe against real TLS servers, in a network of its own.
@Suite(
    .serialized, .enabled(if: TestNetwork.obstacle == nil, Comment(rawValue: TestNetwork.obstacle ?? "")),
    .timeLimit(.minutes(2)))
struct ProbeTests {
    private func words(_ process: ChildProcess) throws -> [ProbeWord] { try ProbeWord.all(process.lines) }

    @Test func `a killed server is seen as refused requests and a lost watch, and its return as both standing again`()
        throws
    {
        let network = try ProbeNetwork()
        try network.startServer(1)
        // On a busy machine an answer may take longer than the second that a request has.
        let probe = try network.startProbe("--timeout", "5000")
        try probe.line(containing: "\"watch\":\"made\"")
        try probe.line(containing: "\"request\":20,")
        try network.signalServer(1, SIGKILL)
        try probe.line(containing: "\"watch\":\"lost\"")
        let down = probe.lines.count
        try probe.line(containing: "Connection refused", after: down)
        try network.startServer(1)
        try probe.line(containing: "\"watch\":\"made\"", after: down)
        let back = probe.lines.count
        try probe.line(containing: "\"ok\":true", after: back)
        probe.closeInput()
        #expect(try probe.exitCode() == 0)

        let words = try words(probe)
        let begin = try #require(words.first)
        #expect(begin.probe == 1 && begin.server == "10.0.0.1:6443" && begin.addresses == ["10.0.0.1"])
        #expect(begin.user == "system:node:worker1")
        let requests = words.filter { $0.request != nil }
        #expect(Set(requests.compactMap(\.request)).count == requests.count)
        #expect(requests.allSatisfy { $0.begin ?? 1 <= $0.end ?? 0 && ($0.ok == true) == ($0.why == nil) })
        // Good, then bad, then good: nothing between is told wrongly.
        let order = requests.sorted { $0.begin ?? 0 < $1.begin ?? 0 }.map { $0.ok == true }
        let changes = zip(order, order.dropFirst()).count { $0 != $1 }
        #expect(changes == 2 && order.first == true && order.last == true)
        let made = words.filter { $0.watch == "made" }
        let lost = try #require(words.first { $0.watch == "lost" })
        #expect(try made.map(\.certificate) == Array(repeating: network.digest(1), count: 2))
        let failed = try #require(requests.first { $0.ok == false })
        #expect(abs((lost.at ?? 0) - (failed.begin ?? 0)) < 2_000_000, "the watch is lost when requests begin to fail")
    }

    @Test func `the watch is that of the kubelet's own node, over HTTP 2 and without it`() throws {
        for (only, way) in [("NOTHING=1", "h2"), ("ONLY_HTTP1=1", "h1")] {
            let network = try ProbeNetwork()
            try network.startServer(1, only)
            let probe = try network.startProbe()
            try probe.line(containing: "\"watch\":\"made\"")
            let path = "/api/v1/nodes?watch=1&allowWatchBookmarks=true&fieldSelector=metadata.name%3Dworker1"
            let line = try network.server(1).line(containing: "watch ")
            #expect(line == "watch system:node:worker1 \(path) over \(way)")
            // A watch that its server ends is lost, too, and made again at once.
            try network.write("", to: "end")
            try probe.line(containing: "the server ended the watch")
            try FileManager.default.removeItem(atPath: network.directory + "/end")
            let ended = probe.lines.count
            try probe.line(containing: "\"watch\":\"made\"", after: ended)
        }
    }

    @Test func `a server that hangs fails each request by itself, and no request waits for another`() throws {
        let network = try ProbeNetwork()
        try network.startServer(1)
        let probe = try network.startProbe("--timeout", "400")
        try probe.line(containing: "\"request\":10,")
        try network.signalServer(1, SIGSTOP)
        try probe.line(containing: "no answer in 400 ms")
        let seen = probe.lines.count
        for _ in 0..<3 { try probe.line(containing: "no answer in 400 ms", after: seen) }
        try network.signalServer(1, SIGCONT)
        let on = probe.lines.count
        try probe.line(containing: "\"ok\":true", after: on)
        probe.closeInput()
        #expect(try probe.exitCode() == 0)
        let words = try words(probe)
        let failed = words.filter { $0.why == "no answer in 400 ms" && $0.request != nil }
        #expect(failed.allSatisfy { (400_000...3_000_000).contains(($0.end ?? 0) - ($0.begin ?? 0)) })
        let begins = failed.compactMap(\.begin).sorted()
        let end = try #require(failed.compactMap(\.end).min())
        #expect(begins.count > 1 && begins[1] < end, "the second began before the first had ended")
        // The watch neither broke nor was given up: its server had only paused.
        #expect(words.filter { $0.watch == "made" }.count == 1 && !words.contains { $0.watch == "lost" })
    }

    @Test func `an answer that is none of success fails, with its status`() throws {
        let network = try ProbeNetwork()
        try network.startServer(1, "FORBID=403")
        try network.write("", to: "sick")
        let probe = try network.startProbe()
        try probe.line(containing: "\"status\":500,\"why\":\"answered 500\"")
        try probe.line(containing: "\"watch\":\"failed\"")
        probe.closeInput()
        try probe.exitCode()
        let words = try words(probe)
        #expect(words.filter { $0.watch != nil }.map(\.why) == ["answered 403"], "one word a reason")
        #expect(words.allSatisfy { $0.ok != true })
    }

    @Test func `a server that the kubeconfig's CA has not signed is not trusted`() throws {
        let network = try ProbeNetwork()
        try network.startServer(1)
        try network.writeKubeconfig(server: "10.0.0.1:6443", authority: "other")
        try network.startProbe().line(containing: "the server is not trusted: ")
        // Nor is one of another name.
        try network.writeKubeconfig(server: "10.0.0.2:6443")
        try network.succeed(["ip", "address", "del", "10.0.0.1/32", "dev", "lo"])
        let moved = try network.start(["env", "python3", "server.py", "10.0.0.2", "6443", "m1"])
        try moved.line(containing: "listening")
        try network.startProbe().line(containing: "the server is not trusted: ")
    }

    @Test func `a mark is answered at once, and the end of the input is the end`() throws {
        let network = try ProbeNetwork()
        try network.startServer(1)
        let probe = try network.startProbe()
        probe.say("mark one\nnonsense\nmark two\n")
        try probe.line(containing: "\"mark\":\"one\"")
        try probe.line(containing: "\"mark\":\"two\"")
        probe.closeInput()
        #expect(try probe.exitCode() == 0)
        #expect(try words(probe).compactMap(\.mark) == ["one", "two"])
        #expect(try network.startProbe("--limit", "1").exitCode() == 0, "it ends by itself, too")
    }

    @Test func `a check says what would be asked, or in one sentence why nothing can be`() throws {
        let network = try ProbeNetwork()
        try network.writeKubeconfig(server: "localhost:6443")
        let check = try network.startProbe("--check")
        #expect(try check.exitCode() == 0)
        let word = try #require(try words(check).first)
        #expect(check.lines.count == 1 && word.server == "localhost:6443")
        #expect(
            word.addresses?.isEmpty == false
                && word.addresses?.allSatisfy { ["127.0.0.1", "::1"].contains($0) } == true)
        try FileManager.default.removeItem(atPath: network.directory + "/client-current.pem")
        let broken = try network.startProbe("--check")
        #expect(try broken.exitCode() == 2)
        #expect(broken.lines.count == 1 && broken.lines[0].hasSuffix("client-current.pem cannot be read"))
    }

    @Test func `through a guardian the watch is put on the server that was wanted, and moves when that is killed`()
        throws
    {
        let network = try ProbeNetwork()
        for number in 1...3 { try network.startServer(number) }
        var arguments = [
            try #require(TestNetwork.guardian), "--virtual", "\(ProbeNetwork.virtual):6443", "--node-address",
            TestNetwork.node, "--backend", "proxy", "--run-directory", "run", "--state-directory", ".", "--ca", "none",
        ]
        for number in 1...3 { arguments += ["--real", "\(ProbeNetwork.address(number)):6443"] }
        let guardian = try network.start(arguments)
        for number in 1...3 { try guardian.line(containing: "\(ProbeNetwork.address(number)):6443 is up") }
        try network.writeKubeconfig(server: "\(ProbeNetwork.virtual):6443")
        for number in [2, 3] {
            let probe = try network.startProbe("--through", try network.digest(number))
            let line = try probe.line(containing: "\"watch\":\"made\"")
            #expect(try line.contains(network.digest(number)))
            guard number == 3 else { continue }
            let before = probe.lines.count
            try network.signalServer(3, SIGKILL)
            try probe.line(containing: "\"watch\":\"lost\"", after: before)
            let again = try probe.line(containing: "\"watch\":\"made\"", after: before)
            #expect(try !again.contains(network.digest(3)))
        }
        // One that nobody has: the watch stands somewhere all the same.
        let probe = try network.startProbe("--through", String(repeating: "0", count: 64))
        try probe.line(containing: "\"watch\":\"made\"")
    }
}
