// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTestSupport
import HakubeTransport
import Synchronization
import Testing

/// Counts how many scripts are under way at the same time.
private final class Crowd: Sendable {
    private let count = Mutex((now: 0, most: 0))

    var most: Int { count.withLock { $0.most } }

    /// Is under way for long enough to meet others.
    func pass() async {
        count.withLock {
            $0.now += 1
            $0.most = max($0.most, $0.now)
        }
        for _ in 0..<20 { await Task.yield() }
        count.withLock { $0.now -= 1 }
    }
}

@Suite struct ExecutorTests {
    typealias Fixture = PlanFixture

    @Test func `steps of a lane run in order, and a phase begins when the one before has ended`() async throws {
        let fixture = try Fixture()
        let first = Fixture.phase(
            [Lane(host: Fixture.one, steps: [Fixture.step("a"), Fixture.step("b")])], id: "first")
        let second = Fixture.phase([Lane(host: Fixture.two, steps: [Fixture.step("c")])], id: "second")
        let summary = try await fixture.run([first, second])
        #expect(summary.changed == 3)
        #expect(summary.failures.isEmpty && !summary.interrupted)
        #expect(
            fixture.story == [
                "+10.0.0.1 a", "-10.0.0.1 a changed", "+10.0.0.1 b", "-10.0.0.1 b changed", "+10.0.0.2 c",
                "-10.0.0.2 c changed",
            ])
    }

    @Test func `lanes run side by side`() async throws {
        let gate = Gate()
        let fixture = try Fixture(rules: [
            { _, script in
                if script.text == "meet" { await gate.pass() }
                return nil
            }
        ])
        let lanes = [Fixture.one, Fixture.two, Fixture.three].map { Lane(host: $0, steps: [Fixture.step("meet")]) }
        async let summary = fixture.run([Fixture.phase(lanes)])
        // Returns only when all three scripts run at the same time.
        await gate.arrivals(3)
        await gate.open()
        #expect(try await summary.changed == 3)
    }

    @Test(arguments: [1, 2, 3]) func `no more lanes run side by side than the phase allows`(width: Int) async throws {
        let crowd = Crowd()
        let fixture = try Fixture(rules: [
            { _, script in
                guard script.text == "work" else { return nil }
                await crowd.pass()
                return nil
            }
        ])
        let lanes = Fixture.names.map {
            Lane(host: HostID($0), steps: [Fixture.step("work"), Fixture.step("work")])
        }
        let summary = try await fixture.run([Fixture.phase(lanes, .together(max: width))])
        #expect(summary.changed == 8)
        #expect(crowd.most <= width)
    }

    @Test func `a phase that goes one by one ends a lane before the next begins`() async throws {
        let fixture = try Fixture()
        let lanes = [Fixture.one, Fixture.two].map { Lane(host: $0, steps: [Fixture.step("a"), Fixture.step("b")]) }
        _ = try await fixture.run([Fixture.phase(lanes, .oneByOne)])
        #expect(
            fixture.story.filter { $0.hasPrefix("+") } == [
                "+10.0.0.1 a", "+10.0.0.1 b", "+10.0.0.2 a", "+10.0.0.2 b",
            ])
    }

    @Test func `steps of one turn never run at the same time, whatever lane they stand in`() async throws {
        let crowd = Crowd()
        let fixture = try Fixture(rules: [
            { _, script in
                guard script.text == "etcd" else { return nil }
                await crowd.pass()
                return nil
            }
        ])
        let lanes = Fixture.names.map {
            Lane(
                host: HostID($0),
                steps: [Fixture.step("before"), Fixture.step("etcd", turn: "t"), Fixture.step("after")])
        }
        let summary = try await fixture.run([Fixture.phase(lanes)])
        #expect(summary.changed == 12)
        #expect(crowd.most == 1)
    }

    @Test func `a lane that is late for its turn holds nobody up`() async throws {
        let gate = Gate()
        let fixture = try Fixture(rules: [
            { host, script in
                if script.text == "slow" { await gate.pass() }
                // The second host's turn lets the first go on: it would never come if turns went strictly by plan.
                if script.text == "etcd", host == Fixture.two { await gate.open() }
                return nil
            }
        ])
        let lanes = [
            Lane(host: Fixture.one, steps: [Fixture.step("slow"), Fixture.step("etcd", turn: "t")]),
            Lane(host: Fixture.two, steps: [Fixture.step("etcd", turn: "t")]),
        ]
        #expect(try await fixture.run([Fixture.phase(lanes)]).changed == 3)
    }

    @Test func `one connection serves a host for the whole run`() async throws {
        let fixture = try Fixture()
        let lane = Lane(host: Fixture.one, steps: [Fixture.step("a"), Fixture.step("b")])
        _ = try await fixture.run([Fixture.phase([lane], id: "1"), Fixture.phase([lane], id: "2")])
        #expect(fixture.hosts.acts.filter { $0 == .connect(Fixture.one) }.count == 1)
    }
}
