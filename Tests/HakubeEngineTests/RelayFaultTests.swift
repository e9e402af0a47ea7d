// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

@testable import HakubeEngine
import HakubeModel
import Testing

/// Hosts that are slow, and hosts that lie.
@Suite struct RelayFaultTests {
    private func host(_ number: Int) -> HostID { RelayRun.host(number) }

    /// Rates in MB/s of a chain in which every host gets what the slowest before it takes.
    private func rates(_ count: Int, slow: [Int: Double] = [:]) -> [Int: Double] {
        var rate = 12.0
        return Dictionary(
            uniqueKeysWithValues: (1...count).map { number in
                rate = min(rate, slow[number] ?? rate)
                return (number, rate)
            })
    }

    @Test func `a chain in which all take the same stays as it is`() {
        var run = RelayRun.ready(16)
        run.flow(8, rates(16))
        #expect(run.sources(of: 1...16) == (0...15).map { $0 })
        #expect(run.notices.isEmpty)
    }

    @Test func `a host at a quarter of the rate becomes the last, and those behind it go around`() {
        var run = RelayRun.ready(16)
        run.flow(3, rates(16, slow: [4: 3]))
        #expect(run.sources(of: 1...16) == [0, 1, 2, 16, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
        run.flow(5, rates(16).merging([4: 3]) { $1 })
        #expect(run.notices == [host(4): [.slow(behind: host(16))]])
    }

    @Test func `a slow last host stays where it is`() {
        var run = RelayRun.ready(4)
        run.flow(5, rates(4, slow: [4: 3]))
        #expect(run.sources(of: 1...4) == [0, 1, 2, 3])
        #expect(run.notices.isEmpty)
    }

    @Test func `nobody is put behind a slow host`() {
        var run = RelayRun(5)
        for number in 1...4 { run.ready(number) }
        run.flow(5, rates(4, slow: [4: 3]))
        run.ready(5)
        #expect(run.sources(of: 1...5) == [0, 1, 2, 3, 3])
    }

    @Test func `a host whose children are all slow is slow itself, and its children are not`() {
        var run = RelayRun.ready(6)
        // What leaves host 2 goes at 3 MB/s, whoever takes it.
        let rates = rates(6, slow: [3: 3])
        run.flow(3, rates)
        #expect(run.sources(of: 1...6) == [0, 1, 6, 2, 4, 5])
        run.flow(2, rates)
        #expect(run.sources(of: 1...6) == [0, 3, 6, 1, 4, 5])
        #expect(run.notices[host(2)] == [.slowSender(behind: host(3))])
    }

    @Test func `who sent wrong bytes that it had right is nobody's source any more`() {
        var run = RelayRun.ready(5)
        run.done(1)
        run.done(2)
        run.bad(3)
        #expect(run.sources(of: 3...5) == [1, 3, 4])
        #expect(run.notices[host(3)] == [.distrusted(host(2), path: "0")])
        run.take(.gone(host(1)))
        #expect(run.sources(of: 3...3) == [0])
    }

    @Test func `a host that finds the same bytes wrong is a victim, and the one before it is the liar`() {
        var run = RelayRun.ready(6)
        run.done(1)
        // The last finds it first; nobody between has judged yet.
        run.bad(5)
        run.bad(4)
        run.bad(3)
        #expect(run.notices[host(5)] == nil && run.notices[host(4)] == nil && run.notices[host(3)] == nil)
        run.done(2)
        #expect(run.notices[host(3)] == [.distrusted(host(2), path: "0")])
        #expect(!run.sources(of: 3...6).contains(2))
    }

    @Test func `a liar in the middle loses all its children at once`() {
        var run = RelayRun.ready(4)
        run.take(.gone(host(2)))
        run.lost(4)
        #expect(run.sources(of: 3...4) == [1, 1])
        run.done(1)
        run.bad(3)
        #expect(!run.sources(of: 3...4).contains(1))
    }

    @Test func `bytes of more than one source are nobody's fault and are fetched again`() {
        var run = RelayRun.ready(3)
        run.done(1)
        run.take(.bad(host(2), item: 0, from: .parts))
        #expect(run.sources(of: 1...3) == [nil, 1, 2])
        #expect(run.notices.isEmpty)
    }

    @Test func `an item that was right and then found wrong is missing again`() {
        var run = RelayRun.ready(3)
        run.done(1)
        run.done(2)
        run.take(.bad(host(2), item: 0, from: .parts))
        run.done(3)
        #expect(!run.isFinished)
        run.done(2)
        #expect(run.isFinished)
    }

    @Test func `the operator's bytes that come out wrong twice end the push`() {
        var run = RelayRun.ready(3)
        run.take(.bad(host(1), item: 0, from: .upload))
        #expect(run.commands.contains(.upload(host(1), group: 0)))
        run.take(.bad(host(1), item: 0, from: .upload))
        #expect(run.commands == [.fail(host(1), item: 0)])
    }

    @Test func `a host that cannot prove the key is not asked again`() {
        var run = RelayRun.ready(4)
        run.lost(3, .key)
        #expect(run.sources(of: 1...4) == [0, 4, 1, 3])
        run.take(.gone(host(1)))
        #expect(run.sources(of: 2...4) == [4, 0, 3])
    }

    private func longRun() -> RelayRun {
        var run = RelayRun(4, groups: [[1_000_000_000]])
        for number in 1...4 { run.ready(number) }
        run.flow(3, [1: 3, 2: 3, 3: 3, 4: 3])
        return run
    }

    @Test func `where a long push is slow, the second host takes the place of the first to see whose fault it is`() {
        var run = longRun()
        #expect(run.sources(of: 1...4) == [4, 0, 2, 3])
        run.flow(4, [1: 3, 2: 12, 3: 12, 4: 12])
        #expect(run.notices == [host(2): [.first(insteadOf: host(1))]])
        run.lost(3)
        #expect(run.sources(of: 1...4) == [4, 0, 2, 3] || run.sources(of: 3...3) != [1])
    }

    @Test func `where the line itself is slow, the change is not told and not made twice`() {
        var run = longRun()
        run.flow(20, [1: 3, 2: 3, 3: 3, 4: 3])
        #expect(run.sources(of: 1...4) == [4, 0, 2, 3])
        #expect(run.notices.isEmpty)
    }

    @Test func `where the second is slower, the first is the first again`() {
        var run = longRun()
        run.flow(4, [1: 1, 2: 1, 3: 1, 4: 1])
        #expect(run.sources(of: [1, 3, 4]) == [0, 1, 3])
        #expect(run.notices == [host(1): [.first(insteadOf: host(2))]])
    }
}
