// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import Testing

/// The program's ways to start and to end.
@Suite(
    .serialized, .enabled(if: TestNetwork.obstacle == nil, Comment(rawValue: TestNetwork.obstacle ?? "")),
    .timeLimit(.minutes(2)))
struct ProgramTests {
    @Test func `the program needs no library of the host`() throws {
        let path = try #require(TestNetwork.guardian)
        let image = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(image.count < 15 << 20)
        func number(_ offset: Int, _ size: Int) -> Int {
            image[offset..<(offset + size)].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        // ELF64: the table of program headers; PT_INTERP (3) would name a dynamic loader.
        let kinds = (0..<number(56, 2)).map { number(number(32, 8) + $0 * number(54, 2), 4) }
        #expect(!kinds.isEmpty)
        #expect(!kinds.contains(3))
    }

    @Test func `a wrong command line ends with 2 and one line`() throws {
        let network = try TestNetwork()
        let (lines, code) = try network.run([try #require(TestNetwork.guardian), "--virtual", "nonsense"])
        #expect(code == 2)
        #expect(lines.count == 1)
    }

    @Test func `once as a proxy ends with 3`() throws {
        let network = try TestNetwork()
        let (lines, code) = try network.run(try network.guardianArguments(["--once"]))
        #expect(code == 3)
        #expect(lines.first?.contains("keep it running") == true)
    }

    @Test func `cleaning ends the guardian and removes its route`() throws {
        let network = try TestNetwork()
        let guardian = try network.startGuardian()
        let route = ["ip", "route", "show", "table", "local", "10.103.97.2"]
        #expect(
            try network.succeed(route).joined().split(separator: " ").joined(separator: " ")
                == "local 10.103.97.2 dev lo proto 104 scope host src 10.0.0.9")
        #expect(try network.run(try network.guardianArguments(["--clean"])).exitCode == 0)
        #expect(try guardian.exitCode() == 0)
        #expect(try network.succeed(route) == [])
        #expect(!FileManager.default.fileExists(atPath: network.directory + "/run"))
        // What is clean stays clean.
        #expect(try network.run(try network.guardianArguments(["--clean"])) == ([], 0))
    }

    @Test func `a removed route comes back`() throws {
        let network = try TestNetwork()
        let guardian = try network.startGuardian()
        let before = guardian.lines.count
        try network.succeed(["ip", "route", "del", "local", "10.103.97.2", "dev", "lo", "table", "local"])
        try guardian.line(containing: "made 10.103.97.2 local with source 10.0.0.9", within: 5, after: before)
    }

    @Test func `the list of servers follows its file and survives a torn one`() throws {
        let network = try TestNetwork()
        let config = network.directory + "/guardian.json"
        func write(_ text: String) throws { try text.write(toFile: config, atomically: true, encoding: .utf8) }
        func servers(_ numbers: [Int]) -> String {
            let real = numbers.map { "\"\(TestNetwork.server($0))\"" }.joined(separator: ", ")
            return """
                {"virtual": "\(TestNetwork.virtual)", "real": [\(real)], "nodeAddress": "\(TestNetwork.node)",
                 "backend": "proxy", "runDirectory": "\(network.directory)/run", "ca": "/none"}
                """
        }
        try write(servers([1, 2]))
        let state = network.directory + "/state"
        try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: false)
        let arguments = [try #require(TestNetwork.guardian), "--config", config, "--state-directory", state]
        let guardian = try network.start(arguments)
        try guardian.line(containing: "10.0.0.1:6443 is up")
        try write(servers([2, 3]))
        try guardian.line(containing: "real servers are now 10.0.0.2:6443, 10.0.0.3:6443")
        try guardian.line(containing: "10.0.0.3:6443 is up")
        try write("{\"virtual\":")
        try guardian.line(containing: "what the file said before stays in force")
        let (lines, _) = try network.run(["python3", "client.py", "10.103.97.2", "6443", "/name", "6"])
        #expect(Set(lines) == ["ok m2", "ok m3"])
        // A guardian that starts beside the torn file knows the servers from the copy.
        let second = try network.start(arguments)
        try second.line(containing: "starting with the last configuration that was understood")
        try second.line(containing: "10.0.0.3:6443 is up")
        #expect(try guardian.exitCode() == 0)
        #expect(try network.status().lines.contains { $0.hasPrefix("Problem") && $0.contains("is not JSON") })
        try write(servers([1]))
        try second.line(containing: "real servers are now 10.0.0.1:6443")
    }

    @Test func `a list without a living server takes none of the old ones away`() throws {
        let network = try TestNetwork()
        let config = network.directory + "/guardian.json"
        try FileManager.default.createDirectory(
            atPath: network.directory + "/state", withIntermediateDirectories: false)
        func write(_ servers: String) throws {
            let text = """
                {"virtual": "\(TestNetwork.virtual)", "real": [\(servers)], "nodeAddress": "\(TestNetwork.node)",
                 "backend": "proxy", "runDirectory": "\(network.directory)/run", "ca": "/none"}
                """
            try text.write(toFile: config, atomically: true, encoding: .utf8)
        }
        try write("\"\(TestNetwork.server(1))\"")
        let guardian = try network.start([
            try #require(TestNetwork.guardian), "--config", config, "--state-directory", network.directory + "/state",
        ])
        try guardian.line(containing: "10.0.0.1:6443 is up")
        try write("\"10.0.0.1:1\"")
        try guardian.line(containing: "10.0.0.1:1 is down")
        #expect(try network.client(count: 1).line(containing: "ok") == "ok m1")
        // Nothing usable at all, or no file, and a guardian that starts anew: the copy still knows.
        try write("")
        guardian.kill(SIGTERM)
        try guardian.exitCode()
        try FileManager.default.removeItem(atPath: config)
        let second = try network.start([
            try #require(TestNetwork.guardian), "--config", config, "--state-directory", network.directory + "/state",
        ])
        try second.line(containing: "starting with the last configuration that was understood")
        try second.line(containing: "10.0.0.1:1 is down")
    }

    @Test func `metrics and a sign of life are served to this host`() throws {
        let network = try TestNetwork()
        let guardian = try network.startGuardian()
        defer { guardian.kill(SIGTERM) }
        let fetch = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).read().decode())"
        #expect(try network.succeed(["python3", "-c", fetch, "http://127.0.0.1:10281/healthz"]).first == "ok")
        try network.killServer(3)
        try guardian.line(containing: "10.0.0.3:6443 is down")
        let page = try network.succeed(["python3", "-c", fetch, "http://127.0.0.1:10281/metrics"])
        for line in [
            #"hakube_guardian_server_up{server="10.0.0.1:6443"} 1"#,
            #"hakube_guardian_server_up{server="10.0.0.3:6443"} 0"#,
            #"hakube_guardian_server_weight{server="10.0.0.3:6443"} -1"#,
            #"hakube_guardian_server_transitions_total{server="10.0.0.3:6443"} 2"#, "hakube_guardian_fail_open 0",
        ] { #expect(page.contains(line)) }
    }
}
