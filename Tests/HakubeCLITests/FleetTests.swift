// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import FoundationEssentials
import HakubeEngine
import HakubeModel
import HakubeTestSupport
import HakubeTransport
import Synchronization
import Testing

@testable import HakubeCLI

struct FleetTests {
    private let spec: ClusterSpec

    init() throws {
        spec = try SampleCluster.spec(masters: ["10.0.0.1", "10.0.0.2", "10.0.0.3"], nodes: ["10.0.1.1", "10.0.1.2"])
    }

    private func chosen(_ arguments: [String]) throws -> [String] {
        try HostSelection.parse(arguments).hosts(of: spec).map(\.id.description)
    }

    @Test func `hosts are chosen by role, name and address, each once and in their order`() throws {
        #expect(try chosen(["--masters"]) == ["10.0.0.1", "10.0.0.2", "10.0.0.3"])
        #expect(try chosen(["--nodes"]) == ["10.0.1.1", "10.0.1.2"])
        #expect(try chosen(["--all"]).count == 5)
        #expect(try chosen(["--host", "worker2,10.0.0.2", "--host", "MASTER2"]) == ["10.0.0.2", "10.0.1.2"])
        #expect(try chosen(["--nodes", "--host", "master1"]) == ["10.0.0.1", "10.0.1.1", "10.0.1.2"])
    }

    @Test func `hosts of etcd's own are a group, and a part of all`() throws {
        let spec = try SampleCluster.spec(
            masters: ["10.0.0.1"], nodes: ["10.0.1.1"], etcd: SampleCluster.etcd(hosts: ["10.0.0.21"]))
        func chosen(_ arguments: [String]) throws -> [String] {
            try HostSelection.parse(arguments).hosts(of: spec).map(\.id.description)
        }
        #expect(try chosen(["--etcd"]) == ["10.0.0.21"])
        #expect(try chosen(["--etcd", "--masters"]) == ["10.0.0.1", "10.0.0.21"])
        #expect(try chosen(["--all"]).count == 3 && chosen(["--host", "etcd1"]) == ["10.0.0.21"])
        let none = #expect(throws: InventoryError.self) { try self.chosen(["--etcd"]) }
        #expect(none?.problems.count == 1)
    }

    @Test func `no host, and a host that is not there, are refused`() {
        let none = #expect(throws: InventoryError.self) { try chosen([]) }
        #expect(none?.problems.first?.remedy == "say where: --masters, --nodes, --etcd, --all or --host NAME")
        let unknown = #expect(throws: InventoryError.self) { try chosen(["--host", "x,y"]) }
        #expect(
            unknown?.problems.map(\.message) == [
                "the cluster sample has no host x", "the cluster sample has no host y",
            ])
    }

    @Test func `a command's words arrive as they were typed`() throws {
        let script = ExecScript.command(
            ["printf", "%s|", "it's", "$HOME", "a b", ""], timeout: .seconds(5), asRoot: false)
        #expect(try LocalShell.run(script) == ScriptOutput(status: 0, out: "it's|$HOME|a b||"))
    }

    @Test func `a script runs as a user's shell would run it, or by the program it names`() throws {
        let plain = ExecScript.file("false\necho \"[$NOT_SET]\"; exit 3", timeout: .seconds(5), asRoot: true)
        #expect(try LocalShell.run(plain) == ScriptOutput(status: 3, out: "[]\n"))
        let text = "#!/usr/bin/awk -f\nBEGIN { print \"HAKUBE_END\"; exit 7 }\n"
        let other = ExecScript.file(text, timeout: .seconds(5), asRoot: true)
        #expect(try LocalShell.run(other) == ScriptOutput(status: 7, out: "HAKUBE_END\n"))
    }

    @Test func `one host's trouble stops no other, and every ending is told`() async throws {
        let hosts = FakeHosts(rules: [
            { host, script in
                if host == HostID("10.0.0.2") { throw ClusterSourceFixture.unreachable }
                guard script.text != FakeHosts.connecting else { return nil }
                return ScriptOutput(status: host == HostID("10.0.1.1") ? 4 : 0, out: "one\ntwo\n", err: "three\n")
            }
        ])
        let run = ExecRun(script: Script("x"), pool: ConnectionPool(connector: hosts), parallel: 2)
        let lines = Mutex<[String]>([])
        let endings = await run.endings(on: spec.hosts) { host, line in
            lines.withLock { $0.append("\(host) \(line.stream.rawValue) \(line.text)") }
        }
        #expect(endings.map(\.0) == spec.hosts.map(\.id))
        #expect(endings.map(\.1.words) == ["done", "no answer in 15 s", "done", "exit code 4", "done"])
        #expect(
            lines.withLock { $0.filter { $0.hasPrefix("10.0.1.1 ") } } == [
                "10.0.1.1 out one", "10.0.1.1 out two", "10.0.1.1 err three",
            ])
    }

    @Test func `what the operator stops is interrupted everywhere`() async throws {
        let gate = Gate()
        let hosts = FakeHosts(rules: [
            { _, script in
                guard script.text != FakeHosts.connecting else { return nil }
                await gate.pass()
                throw CancellationError()
            }
        ])
        let run = ExecRun(script: Script("x"), pool: ConnectionPool(connector: hosts), parallel: 2)
        let all = spec.hosts
        let task = Task { await run.endings(on: all) { _, _ in } }
        await gate.arrivals(2)
        task.cancel()
        await gate.open()
        #expect(await task.value.map(\.1) == Array(repeating: ExecRun.Ending.interrupted, count: 5))
        #expect(hosts.scripts(on: HostID("10.0.1.2")).isEmpty)
    }
}
