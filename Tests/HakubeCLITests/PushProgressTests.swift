// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

@testable import HakubeCLI
import HakubeEngine
import HakubeModel
import HakubePlan
import Testing

/// How the push of many hosts is shown.
@Suite struct PushProgressTests {
    private let size = 100_000_000

    private func phase(_ count: Int) -> Phase {
        let lanes = (0..<count).map { number in
            let push = Step(
                id: "push", title: "send the bundle's files for a node",
                action: .push(role: .node, arch: .amd64, to: "/stage"), load: PushLoad(bytes: size, total: size))
            return Lane(host: HostID("10.0.1.\(number)"), steps: [push])
        }
        return Phase(id: "push", title: "Push the bundle", order: .together(max: count), lanes: lanes)
    }

    private func step(_ number: Int) -> StepReference {
        StepReference(
            phase: "push", host: HostID("10.0.1.\(number)"), step: "push", title: "send the bundle's files for a node")
    }

    private func plan(_ phase: Phase) throws -> Plan {
        Plan(cluster: "c", kubernetes: try #require(KubernetesVersion("v1.34.2")), phases: [phase])
    }

    @Test func `hosts that have all, are sent to and wait are counted, and the end is told from the last seconds`()
        throws
    {
        var progress = try #require(PushProgress(phase(4), at: .zero))
        #expect(progress.overall(at: .zero).sentence == "0 of 4 hosts have all, 0 B of 400.0 MB")
        progress.advance(step(0), 0, of: size, at: .seconds(1))
        progress.advance(step(0), 20_000_000, of: size, at: .seconds(2))
        progress.advance(step(1), 40_000_000, of: size, at: .seconds(3))
        progress.end(step(2), .changed)
        let overall = progress.overall(at: .seconds(4))
        #expect(overall.complete == 1 && overall.sending == 2 && overall.waiting == 1)
        #expect(overall.done == 160_000_000 && overall.rate == 40_000_000)
        #expect(overall.sentence == "1 of 4 hosts have all, 160.0 MB of 400.0 MB, 40.0 MB/s, about 6 s left")
        #expect(progress.slowest == [HostID("10.0.1.0"), HostID("10.0.1.1")])
    }

    @Test func `a host that needs nothing is no part of the sum, and one that failed has not all`() throws {
        var progress = try #require(PushProgress(phase(3), at: .zero))
        progress.end(step(0), .unchanged)
        progress.advance(step(1), 10_000_000, of: size, at: .seconds(1))
        progress.end(step(1), .interrupted)
        let overall = progress.overall(at: .seconds(2))
        #expect(overall.total == 2 * size && overall.complete == 1 && overall.sending == 0 && overall.waiting == 1)
    }

    @Test func `a push begun anew after a failure of its source counts once`() throws {
        var progress = try #require(PushProgress(phase(1), at: .zero))
        progress.advance(step(0), 60_000_000, of: size, at: .seconds(1))
        progress.advance(step(0), 30_000_000, of: size, at: .seconds(2))
        #expect(progress.overall(at: .seconds(2)).done == 30_000_000)
    }

    @Test func `two hundred hosts fit a terminal of 80 by 24`() throws {
        let phase = phase(200)
        var board = RunBoard(style: TerminalStyle(hasColour: false, isUnicode: false), verbose: false)
        _ = board.apply(.planStarted(try plan(phase)), at: .zero, width: 79)
        _ = board.apply(.phaseStarted(phase), at: .zero, width: 79)
        for number in 0..<200 { _ = board.apply(.stepStarted(step(number)), at: .zero, width: 79) }
        for number in 0..<150 {
            let done = number < 100 ? size : 1_000_000 * (number - 90)
            _ = board.apply(.progress(step(number), done: done, total: size), at: .seconds(10), width: 79)
        }
        for number in 0..<100 {
            let end = Event.stepFinished(step(number), .changed, elapsed: .seconds(10))
            _ = board.apply(end, at: .seconds(10), width: 79)
        }
        let lines = board.live(at: .seconds(10), width: 79, height: 24)
        #expect(lines.count <= 12)
        #expect(lines.allSatisfy { $0.count <= 79 })
        #expect(lines[1] == "  100 of 200 hosts have all, 11.7 GB of 20.0 GB, 1.2 GB/s, about 8 s left")
        #expect(lines[2].contains("10.0.1.100 ") && lines[2].contains("10 %"), "the smallest part first")
        #expect(lines.last == "    42 more sent to, 50 waiting")
    }

    @Test func `JSON tells of all hosts twice a second at most, and once more at the end`() async throws {
        let sheet = Sheet()
        let pace = Pace.simulated()
        let reporter = JSONLinesReporter(verbose: false, log: "log", pace: pace) { sheet.write($0) }
        let phase = phase(2)
        await reporter.report(.phaseStarted(phase))
        for tick in 1...10 {
            try await pace.pause(.milliseconds(100))
            await reporter.report(.progress(step(0), done: tick * 1_000_000, total: size))
        }
        await reporter.report(.stepFinished(step(0), .changed, elapsed: .seconds(1)))
        await reporter.report(.phaseFinished(phase, elapsed: .seconds(1)))
        let lines = sheet.text.split(separator: "\n").filter { $0.contains("\"push-progress\"") }
        #expect(lines.count == 3)
        #expect(lines[0].contains("\"done\":1000000,") && lines[0].contains("\"hostsSending\":1"))
        #expect(lines[2].contains("\"done\":100000000,") && lines[2].contains("\"hostsComplete\":1"))
        #expect(lines[2].contains("\"total\":200000000"))
    }

    @Test func `plain lines tell of all pushes together, not of each`() async throws {
        let sheet = Sheet()
        let pace = Pace.simulated()
        let reporter = PlainReporter(verbose: false, pace: pace) { sheet.write($0) }
        await reporter.report(.planStarted(try plan(phase(3))))
        await reporter.report(.phaseStarted(phase(3)))
        for number in 0..<3 { await reporter.report(.stepStarted(step(number))) }
        try await pace.pause(.seconds(30))
        await reporter.report(.progress(step(0), done: 30_000_000, total: size))
        await reporter.beat()
        let lines = sheet.text.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.last == "  [30.0s] 0 of 3 hosts have all, 30.0 MB of 300.0 MB, 1.0 MB/s, about 5 min left")
    }
}
