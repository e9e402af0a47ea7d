// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
@testable import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTestSupport
import HakubeTransport
import Testing

/// Two operators, on hosts whose /run is a folder of this machine: the lock's scripts run in a real shell.
@Suite struct RunLockTests {
    private static let names = ["10.0.0.1", "10.0.0.2", "10.0.0.3"]

    /// A folder for each host, where its lock stands.
    private final class Hosts: Sendable {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hakube-\(UUID().uuidString)")
        let hosts: [HakubeModel.Host]
        let fake: FakeHosts

        init(rule: @escaping FakeHosts.Rule = { _, _ in nil }) throws {
            let folder = folder
            hosts = try SampleCluster.spec(masters: names).masters
            for name in names {
                try FileManager.default.createDirectory(
                    at: folder.appending(path: name), withIntermediateDirectories: true)
            }
            fake = FakeHosts(rules: [
                rule,
                { host, script in
                    guard script.text.contains("/run/hakube.") else { return nil }
                    let path = folder.appending(path: "\(host)/lock").path()
                    let place = folder.appending(path: "\(host)").path()
                    let text =
                        "set -eu\n"
                        + script.text.replacing(RunLock.path, with: path)
                        .replacing(RunLock.lastRun, with: "\(place)/last").replacing("/var/lib/hakube", with: place)
                    return ScriptOutput(status: 0, out: try LocalProgram.run(["/bin/sh"], input: text))
                },
            ])
        }

        deinit { try? FileManager.default.removeItem(at: folder) }

        /// A lock of somebody, with a pool of its own.
        func lock(_ owner: LockOwner, pace: Pace = .simulated()) async throws -> RunLock {
            let pool = ConnectionPool(connector: fake)
            return RunLock(owner: owner, hosts: hosts, pool: pool, pace: pace)
        }

        func text(_ host: String) -> String? {
            try? String(contentsOf: folder.appending(path: "\(host)/lock"), encoding: .utf8)
        }

        /// Files beside the locks would be left for good.
        var leftovers: [String] {
            names.flatMap { name in
                let all = try? FileManager.default.contentsOfDirectory(atPath: folder.appending(path: name).path())
                return (all ?? ["?"]).filter { !["lock", "last"].contains($0) }
            }
        }
    }

    /// Somebody at another machine, unless something else is said.
    private static func owner(
        _ token: String, machineID: String? = nil, bootID: String = "b", process: Int = 4711, began: String = "1"
    ) throws -> LockOwner {
        let text = """
            token \(token)
            user alice
            machine ops1
            machineID \(machineID ?? "of \(token)")
            bootID \(bootID)
            namespace \(here.namespace)
            process \(process)
            began \(began)
            command hakube join
            since 1800000000
            """
        return try #require(LockOwner(text))
    }

    private static let here = LockOwner.current(command: "hakube init")

    @Test func `all hosts are taken and let go again, and no other file stays`() async throws {
        let hosts = try Hosts()
        let lock = try await hosts.lock(Self.owner("a"))
        try await lock.take(takeOver: false)
        #expect(Self.names.allSatisfy { hosts.text($0)?.contains("token a\n") == true })
        await lock.release()
        #expect(Self.names.allSatisfy { hosts.text($0) == nil })
        #expect(hosts.leftovers.isEmpty)
    }

    @Test func `the second operator is told who holds the hosts since when, and takes none`() async throws {
        let hosts = try Hosts()
        let first = RunLock(
            owner: try Self.owner("a"), hosts: Array(hosts.hosts.suffix(2)), pool: ConnectionPool(connector: hosts.fake)
        )
        try await first.take(takeOver: false)
        let second = try await hosts.lock(Self.owner("b"))
        let held = await #expect(throws: HostsHeld.self) { try await second.take(takeOver: false) }
        let problem = try #require(held?.problems.first)
        #expect(held?.problems.count == 1)
        #expect(problem.place == "10.0.0.2 (and 1 more)")
        #expect(problem.message.hasPrefix("is worked on by alice@ops1 (hakube join, pid 4711) since 2027-01-15"))
        #expect(problem.remedy.contains("--take-over"))
        #expect(hosts.text("10.0.0.1") == nil && hosts.text("10.0.0.2")?.contains("token a\n") == true)
        #expect(hosts.leftovers.isEmpty)
    }

    @Test func `with take-over the hosts change hands, and the first owner does not free what is no longer his`()
        async throws
    {
        let hosts = try Hosts()
        let first = try await hosts.lock(Self.owner("a"))
        try await first.take(takeOver: false)
        let second = try await hosts.lock(Self.owner("b"))
        try await second.take(takeOver: true)
        await first.release()
        #expect(Self.names.allSatisfy { hosts.text($0)?.contains("token b\n") == true })
        #expect(hosts.leftovers.isEmpty)
    }

    @Test func `a plan is worth nothing when another run has been on a host since its facts were gathered`()
        async throws
    {
        let hosts = try Hosts()
        let first = try await hosts.lock(Self.owner("a"))
        try await first.take(takeOver: false)
        await first.release()
        let stale = Dictionary(uniqueKeysWithValues: Self.names.map { (HostID($0), "earlier") })
        let second = try await hosts.lock(Self.owner("b"))
        let changed = await #expect(throws: HostsChanged.self) { try await second.take(takeOver: false, seen: stale) }
        #expect(changed?.hosts.count == Self.names.count)
        #expect(Self.names.allSatisfy { hosts.text($0) == nil }, "nothing is held")
        // What gave way was never here.
        let current = Dictionary(uniqueKeysWithValues: Self.names.map { (HostID($0), "a") })
        try await hosts.lock(Self.owner("c")).take(takeOver: false, seen: current)
    }

    @Test func `a lock whose process has ended on this machine is taken in silence`() async throws {
        let hosts = try Hosts()
        let here = Self.here
        let dead = try Self.owner("a", machineID: here.machineID, bootID: here.bootID, process: here.process)
        try await hosts.lock(dead).take(takeOver: false)
        try await hosts.lock(here).take(takeOver: false)
        #expect(hosts.text("10.0.0.1")?.contains("token \(here.token)\n") == true)
    }

    @Test func `an owner is dead only when that is certain`() throws {
        let here = Self.here
        let living = ProcessTable { $0 == 4711 ? "1" : nil }
        func may(_ owner: LockOwner, _ table: ProcessTable) -> Bool { owner.mayLive(beside: here, in: table) }
        let mine = try Self.owner("a", machineID: here.machineID, bootID: here.bootID)
        #expect(may(mine, living))
        #expect(!may(mine, ProcessTable { _ in nil }), "no such process")
        #expect(!may(mine, ProcessTable { _ in "2" }), "the number is another's now")
        #expect(!may(try Self.owner("a", machineID: here.machineID), living), "the machine was restarted")
        #expect(may(try Self.owner("a"), ProcessTable { _ in nil }), "another machine's processes cannot be seen")
        #expect(here.mayLive(beside: here), "this very process lives")
    }

    @Test(.timeLimit(.minutes(1))) func `of two that start together one gets all hosts and the other none`()
        async throws
    {
        for round in 0..<10 {
            let hosts = try Hosts()
            let locks = try await [
                // Real time: the shells that answer take some.
                hosts.lock(Self.owner("a\(round)"), pace: .system), hosts.lock(Self.owner("b\(round)"), pace: .system),
            ]
            let won = await withTaskGroup(of: Bool.self) { group in
                for lock in locks { group.addTask { (try? await lock.take(takeOver: false)) != nil } }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(won == 1)
            #expect(Set(Self.names.map { hosts.text($0)?.split(separator: "\n").first }).count == 1)
            #expect(hosts.leftovers.isEmpty)
        }
    }

    @Test func `a host that cannot be asked frees the others`() async throws {
        let hosts = try Hosts { host, script in
            guard host == HostID("10.0.0.2"), script.text == FakeHosts.connecting else { return nil }
            throw TransportError(.unreachable, peer: "\(host)", message: "no", remedy: "look")
        }
        let lock = try await hosts.lock(Self.owner("a"))
        await #expect(throws: TransportError.self) { try await lock.take(takeOver: false) }
        #expect(Self.names.allSatisfy { hosts.text($0) == nil })
    }

    @Test func `after Ctrl-C the hosts are freed as well`() async throws {
        let hosts = try Hosts()
        let lock = try await hosts.lock(Self.owner("a"))
        try await lock.take(takeOver: false)
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            await lock.release()
        }
        task.cancel()
        await task.value
        #expect(Self.names.allSatisfy { hosts.text($0) == nil })
    }

    @Test func `a name with control characters does not reach the terminal`() throws {
        let owner = try #require(LockOwner("token a\nuser al\u{1B}[31mice\nmachine ops1"))
        #expect(!owner.description.unicodeScalars.contains("\u{1B}"))
    }
}

/// A run that has lost its hosts.
@Suite struct ClaimTests {
    typealias Fixture = PlanFixture

    private let lock = FakeHosts.File("token b\nuser bob\nmachine ops2\ncommand hakube clean\nprocess 7\nsince 50000")

    @Test(arguments: ["run", "job", "write", "await", "push"])
    func `a host that another run has taken over ends the run before its next act`(kind: String) async throws {
        let fixture = try Fixture()
        fixture.hosts[Fixture.one, RunLock.path] = lock
        let action: Step.Action =
            switch kind {
            case "run": .run(Script("act"))
            case "job": .job(Script("act"))
            case "write": .write(RemoteFile(path: "/etc/a", text: "a"))
            case "push": .push(role: .node, arch: .amd64, to: "/var/lib/hakube/stage/x")
            default: .await(Script("act"), deadline: .seconds(60))
            }
        let lane = Lane(host: Fixture.one, steps: [Step(id: "s", title: "s", action: action)])
        let summary = try await fixture.run([Fixture.phase([lane])], claim: "a")
        let failure = try #require(summary.failures.first)
        #expect(failure.message.hasPrefix("the host was taken over by bob@ops2 (hakube clean, pid 7) since 1970-01-01"))
        #expect(fixture.hosts.scripts(on: Fixture.one).isEmpty && fixture.hosts[Fixture.one, "/etc/a"] == nil)
    }

    @Test func `a host that was restarted has no lock, and the run goes on`() async throws {
        let fixture = try Fixture()
        let lane = Lane(host: Fixture.one, steps: [Fixture.step("act")])
        #expect(try await fixture.run([Fixture.phase([lane])], claim: "a").changed == 1)
    }
}
