// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import Testing

/// The program itself, as a proxy between real processes.
@Suite(
    .serialized, .enabled(if: TestNetwork.obstacle == nil, Comment(rawValue: TestNetwork.obstacle ?? "")),
    .timeLimit(.minutes(2)))
struct ProxyTests {
    @Test func `new connections never fail when a server is killed`() throws {
        let network = try TestNetwork()
        let guardian = try network.startGuardian()
        let client = try network.client(count: 0)
        for number in 1...3 { try client.line(containing: "ok m\(number)") }
        try network.killServer(1)
        try guardian.line(containing: "10.0.0.1:6443 is down, was up: connection refused")
        let seen = client.lines.count
        try client.line(containing: "ok m2", after: seen)
        try client.line(containing: "ok m3", after: seen)
        client.closeInput()
        try client.exitCode()
        #expect(client.lines.filter { !$0.hasPrefix("ok") } == [])
        try network.startServer(1)
        try guardian.line(containing: "10.0.0.1:6443 is up, was down")
        #expect(try network.client(count: 3).line(containing: "ok m1") == "ok m1")
    }

    @Test func `a held connection to a server that stays silent is cut and one to another lives on`() throws {
        let network = try TestNetwork()
        let guardian = try network.startGuardian()
        var holders: [String: ChildProcess] = [:]
        for _ in 1...3 {
            let holder = try network.start(["python3", "holder.py", "10.103.97.2", "6443"])
            holders[try holder.line(containing: "held by")] = holder
        }
        #expect(Set(holders.keys) == ["held by m1", "held by m2", "held by m3"])
        // Stopped, not killed: its kernel keeps all connections, only the guardian can tell. First it gets no new ones,
        // and when it stays silent the old ones are given up too.
        network.signalServer(2, SIGSTOP)
        try guardian.line(containing: "10.0.0.2:6443 is sick, was up: the process is silent")
        #expect(holders["held by m2"]?.lines == ["held by m2"])
        try guardian.line(containing: "10.0.0.2:6443 is down, was sick: the process is silent")
        try holders["held by m2"]?.line(containing: "ended", within: 2)
        #expect(holders["held by m1"]?.lines == ["held by m1"])
    }

    @Test func `a later guardian takes over without a failed connection`() throws {
        let network = try TestNetwork()
        let first = try network.startGuardian()
        let client = try network.client(count: 0)
        try client.line(containing: "ok")
        let second = try network.startGuardian()
        try first.line(containing: "another guardian has taken over: ending")
        #expect(try first.exitCode() == 0)
        let seen = client.lines.count
        for number in 1...3 { try client.line(containing: "ok m\(number)", after: seen) }
        client.closeInput()
        try client.exitCode()
        #expect(client.lines.filter { !$0.hasPrefix("ok") } == [])
        #expect(try network.status().exitCode == 0)
        second.kill(SIGTERM)
        #expect(try second.exitCode() == 0)
        #expect(try network.status().exitCode == 5)
    }

    @Test func `a guardian that never gets ready takes nothing over`() throws {
        let network = try TestNetwork()
        let first = try network.startGuardian()
        defer { first.kill(SIGTERM) }
        // The only server it knows is silent, so its first look takes a second.
        network.signalServer(2, SIGSTOP)
        let second = try network.start(try network.guardianArguments(servers: [2]))
        try second.line(containing: "by proxy")
        second.kill(SIGKILL)
        _ = try second.exitCode()
        network.signalServer(2, SIGCONT)
        let (lines, _) = try network.run(["python3", "client.py", "10.103.97.2", "6443", "/name", "30"])
        #expect(lines.filter { $0.hasPrefix("ok") }.count == 30)
        #expect(try network.status().exitCode == 0)
    }

    @Test func `all servers dead means refused at once and back at once`() throws {
        let network = try TestNetwork()
        let guardian = try network.startGuardian()
        for number in 1...3 { try network.killServer(number) }
        try guardian.line(containing: "no real server looks healthy: the living ones get traffic")
        let (lines, _) = try network.run(["python3", "client.py", "10.103.97.2", "6443", "/name", "1"])
        #expect(lines.first?.hasPrefix("failed") == true)
        #expect(try network.status().exitCode == 5)
        try network.startServer(2)
        // No waiting for the rise count: with all in rotation the living one is found by trying.
        let (after, _) = try network.run(["python3", "client.py", "10.103.97.2", "6443", "/name", "1"])
        #expect(after == ["ok m2"])
    }

    @Test func `a sick server keeps its old connections and gets no new ones`() throws {
        let network = try TestNetwork()
        let guardian = try network.startGuardian()
        _ = FileManager.default.createFile(atPath: network.directory + "/sick-m3", contents: nil)
        try guardian.line(containing: "10.0.0.3:6443 is sick, was up: HTTP 500")
        let (lines, _) = try network.run(["python3", "client.py", "10.103.97.2", "6443", "/name", "6"])
        #expect(Set(lines) == ["ok m1", "ok m2"])
        let text = try network.status().lines.joined(separator: "\n")
        #expect(text.contains("10.0.0.3:6443  sick   0"))
    }

    @Test func `a server that refuses gets nothing until the others refuse as well`() throws {
        let network = try TestNetwork()
        let guardian = try network.startGuardian()
        func refuse(_ name: String) throws {
            try Data("403".utf8).write(to: URL(fileURLWithPath: network.directory + "/sick-" + name))
        }
        try refuse("m3")
        try guardian.line(containing: "10.0.0.3:6443 is sick, was up: HTTP 403")
        try refuse("m1")
        try refuse("m2")
        try guardian.line(containing: "10.0.0.3:6443 is up, was sick")
    }

    @Test func `large bodies arrive whole`() throws {
        let network = try TestNetwork()
        let guardian = try network.startGuardian()
        let (lines, _) = try network.run(["python3", "client.py", "10.103.97.2", "6443", "/big", "3"])
        #expect(lines == Array(repeating: "ok \(8 << 20)", count: 3))
        #expect(guardian.lines.allSatisfy { !$0.contains("down") })
    }

    @Test func `servers are verified from the moment a CA is there`() throws {
        let network = try TestNetwork()
        let guardian = try network.startGuardian()
        #expect(try network.status(["--output", "json"]).lines.contains(#"  "verifying": false,"#))
        // Another CA: nobody can be trusted any more, so all of them look sick and stay in rotation.
        try network.succeed([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
            "other.pem", "-out", "ca.pem", "-days", "2", "-subj", "/CN=other",
        ])
        for number in 1...3 {
            try guardian.line(containing: "\(TestNetwork.server(number)) is sick, was up: not trusted")
        }
        #expect(try network.client(count: 1).line(containing: "ok").hasPrefix("ok m"))
        try FileManager.default.removeItem(atPath: network.directory + "/ca.pem")
        try FileManager.default.copyItem(
            atPath: network.directory + "/certificate.pem", toPath: network.directory + "/ca.pem")
        for number in 1...3 { try guardian.line(containing: "\(TestNetwork.server(number)) is up, was sick") }
        #expect(try network.status(["--output", "json"]).lines.contains(#"  "verifying": true,"#))
    }
}
