// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

@testable import HakubeEngine
import HakubeModel
import Testing

/// Who gets what from whom.
@Suite struct RelayMapTests {
    private func host(_ number: Int) -> HostID { RelayRun.host(number) }

    @Test func `sixteen hosts are a chain in the order in which they were ready, and the operator sends once`() {
        let run = RelayRun.ready(16)
        #expect(run.sources(of: 1...16) == (0...15).map { $0 })
    }

    @Test func `two hosts get theirs from the operator, unless relays are asked for`() {
        #expect(RelayRun.ready(2).sources(of: 1...2) == [0, 0])
        #expect(RelayRun.ready(2, fanOut: .relay).sources(of: 1...2) == [0, 1])
    }

    @Test func `direct means that the operator sends to so many at a time, the others in their turn`() {
        var run = RelayRun.ready(6, fanOut: .direct)
        #expect(run.sources(of: 1...6) == [0, 0, 0, 0, nil, nil])
        run.done(2)
        #expect(run.sources(of: 5...6) == [0, nil])
        run.take(.gone(host(1)))
        #expect(run.sources(of: 6...6) == [0])
    }

    @Test func `what is small is sent to each`() {
        var run = RelayRun(3, groups: [[3_999_999]])
        for number in 1...3 { run.ready(number) }
        #expect(run.sources(of: 1...3) == [0, 0, 0])
    }

    @Test func `hosts that turn out to need nothing do not make a relay worth while`() {
        var run = RelayRun(3)
        run.take(.unneeded(host(3)))
        run.ready(1)
        run.ready(2)
        #expect(run.sources(of: 1...2) == [0, 0])
    }

    @Test func `all have all, and all are told to finish, once`() {
        var run = RelayRun.ready(3)
        run.done(1)
        run.done(2)
        #expect(!run.isFinished)
        run.done(3)
        #expect(run.isFinished)
    }

    @Test func `a relay that dies is gone around, and nobody else moves`() {
        var run = RelayRun.ready(16)
        run.take(.gone(host(7)))
        #expect(run.sources(of: 1...16) == [0, 1, 2, 3, 4, 5, nil, 6, 8, 9, 10, 11, 12, 13, 14, 15])
        #expect(run.notices[host(8)] == [.sourceLost(host(7), why: "is gone", now: host(6))])
    }

    @Test func `the first dies, and the operator sends the rest to the second`() {
        var run = RelayRun.ready(4)
        run.take(.gone(host(1)))
        #expect(run.sources(of: 2...4) == [0, 2, 3])
    }

    @Test func `the last dies, and nothing else happens`() {
        var run = RelayRun.ready(4)
        run.take(.gone(host(4)))
        #expect(run.commands.allSatisfy { if case .expel = $0 { true } else { false } })
    }

    @Test func `all relays die one after another, and the last host still gets its bytes`() {
        var run = RelayRun.ready(16)
        for number in 1..<16 { run.take(.gone(host(number))) }
        #expect(run.sources(of: 16...16) == [0])
    }

    @Test func `a host that comes back goes on behind the last`() {
        var run = RelayRun.ready(4)
        run.take(.gone(host(2)))
        run.ready(2, missing: [0: 5000])
        #expect(run.sources(of: 1...4) == [0, 4, 1, 3])
    }

    @Test func `a child that lost its parent's connection goes to the one before; after two of them to the operator`() {
        var run = RelayRun.ready(6)
        run.lost(5)
        #expect(run.sources(of: 4...6) == [3, 3, 5])
        run.lost(5, .silent)
        #expect(run.sources(of: 4...6) == [3, 0, 5])
    }

    @Test func `nobody gets bytes from a host behind itself`() {
        var run = RelayRun.ready(3)
        run.lost(2)
        #expect(run.sources(of: 1...3) == [0, 0, 2])
    }

    @Test func `a firewall between all hosts is believed when two have met it, and nobody else waits for his turn`() {
        var run = RelayRun.ready(6, uploads: 8)
        run.lost(2, .unreachable)
        run.lost(3, .unreachable)
        run.lost(4, .unreachable)
        run.lost(5, .unreachable)
        run.lost(6, .unreachable)
        #expect(run.sources(of: 1...6) == [0, 0, 0, 0, 0, 0])
    }

    @Test func `a door that is closed after bytes have gone through others is only that door`() {
        var run = RelayRun.ready(6)
        run.flow(0.5, [1: 10, 2: 10, 3: 10, 4: 10, 5: 10, 6: 10])
        run.lost(3, .refused)
        run.lost(6, .refused)
        #expect(run.sources(of: 1...6) == [0, 6, 1, 3, 2, 4])
    }

    @Test func `a host that nobody can connect to is a leaf`() {
        var run = RelayRun(4)
        run.ready(1)
        run.ready(2, isListening: false)
        run.ready(3)
        run.ready(4)
        #expect(run.sources(of: 1...4) == [0, 1, 1, 3])
    }

    @Test func `a host whose courier was started again gets its bytes from the operator and passes none on`() {
        var run = RelayRun.ready(4)
        run.take(.gone(host(2)))
        run.ready(2, isDirect: true)
        #expect(run.sources(of: 1...4) == [0, 0, 1, 3])
    }

    @Test func `a host that has all already is where the others get it from, and the operator sends nothing`() {
        var run = RelayRun(4)
        run.ready(1)
        run.ready(2)
        run.ready(3, missing: [:], wire: [0])
        run.ready(4)
        #expect(run.sources(of: 1...4) == [3, 1, nil, 2])
    }

    @Test func `the operator sends to the one that lacks least, and what others have it does not send`() {
        var run = RelayRun(3, groups: [[50_000_000, 50_000_000]])
        run.ready(1, missing: [0: 0, 1: 0])
        run.ready(2, missing: [1: 20_000_000], wire: [0])
        run.ready(3, missing: [0: 0, 1: 0])
        #expect(run.sources(of: 1...3) == [2, 0, 1])
    }

    @Test func `a host that nobody can connect to takes no other's place, whatever it has`() {
        var run = RelayRun(4)
        run.ready(1)
        run.ready(2)
        run.ready(3, missing: [0: 90_000_000], isListening: false)
        run.ready(4, missing: [:], wire: [0], isListening: false)
        #expect(run.sources(of: 1...4) == [0, 1, 2, nil])
    }

    @Test func `a host that has a file unpacked only is no source for who lacks it`() {
        var run = RelayRun(3, groups: [[50_000_000, 50_000_000]])
        run.ready(1, missing: [1: 0])
        run.ready(2, missing: [0: 0, 1: 0])
        run.ready(3, missing: [1: 0])
        #expect(run.sources(of: 1...3) == [0, 0, 2])
    }

    @Test func `groups go their own ways`() {
        var run = RelayRun(3, groups: [[50_000_000], [40_000_000]])
        run.ready(1, missing: [0: 0, 1: 0])
        run.ready(2, missing: [1: 0])
        run.ready(3, missing: [0: 0, 1: 0])
        #expect(run.sources(of: [1, 3]) == [0, 1])
        #expect(run.sources(of: 1...3, group: 1) == [0, 1, 2])
    }
}
