// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

@testable import HakubeCLI
import HakubeEngine
import HakubeModel
import HakubePlan
import Testing

@Suite struct ReporterTerminalTests {
    typealias Fixture = ReporterFixture

    private let plainStyle = TerminalStyle(hasColour: false, isUnicode: true)

    @Test func `ended steps scroll by and running hosts live below`() async throws {
        let terminal = MockTerminal()
        let fixture = Fixture()
        let reporter = TerminalReporter(terminal, style: plainStyle, pace: fixture.pace)
        try await fixture.tell(reporter)
        let frames = terminal.frames
        #expect(frames.first == "")
        #expect(
            frames.dropFirst(1).first == """
                Prepare the hosts
                  phase 1 of 2, step 0 of 3                                                2.0s
                  ⠋ 10.0.0.1 install programs                                              2.0s
                  ⠋ 10.0.0.4 send the bundle's files for a node           42 %  105 MB/s   2.0s
                """)
        #expect(
            frames.dropFirst(2).first == """
                Prepare the hosts
                  · 10.0.0.1 install programs                                 unchanged    3.3s
                  phase 1 of 2, step 1 of 3                                                3.3s
                  ⠸ 10.0.0.4 send the bundle's files for a node            42 %  63 MB/s   3.3s
                """)
        #expect(
            frames.last == """
                Prepare the hosts
                  · 10.0.0.1 install programs                                 unchanged    3.3s
                  ✓ 10.0.0.4 send the bundle's files for a node               changed      3.3s
                First master
                  ✗ 10.0.0.1 kubeadm init                                     failed       1:15

                error: 10.0.0.1: kubeadm init: ended with status 1
                    | [init] Using Kubernetes version: v1.34.2
                    | [ERROR Swap]: swap is on
                  to do: turn swap off on the host, then run the same command again
                1 changed, 1 unchanged, 1 failed in 1:18
                """)
    }

    @Test func `no line is wider than 80 columns, and none as wide as a narrow terminal`() async throws {
        for (columns, widest) in [(200, 79), (80, 79), (40, 39)] {
            let terminal = MockTerminal(columns: columns)
            let fixture = Fixture()
            let reporter = TerminalReporter(terminal, style: plainStyle, verbose: true, pace: fixture.pace)
            try await fixture.tell(reporter)
            let lines = terminal.frames.flatMap { $0.split(separator: "\n") }
            #expect(lines.allSatisfy { $0.count <= widest }, "\(columns) columns")
        }
    }

    @Test func `the cursor hides while lines live and comes back at the end`() async throws {
        let terminal = MockTerminal()
        let fixture = Fixture()
        let reporter = TerminalReporter(terminal, style: plainStyle, pace: fixture.pace)
        await reporter.report(.planStarted(try Fixture.plan()))
        #expect(!terminal.cursorIsVisible)
        try await fixture.tell(reporter)
        #expect(terminal.cursorIsVisible)
    }

    @Test func `more running hosts than there is room for are counted`() async throws {
        let terminal = MockTerminal(rows: 6)
        let pace = Pace.simulated()
        let reporter = TerminalReporter(terminal, style: plainStyle, pace: pace)
        let lanes = (1...9).map { Lane(host: HostID("10.0.0.\($0)"), steps: [step]) }
        let phase = Phase(id: "p", title: "Phase", order: .together(max: 9), lanes: lanes)
        let version = try #require(KubernetesVersion("v1.34.2"))
        await reporter.report(.planStarted(Plan(cluster: "c", kubernetes: version, phases: [phase])))
        await reporter.report(.phaseStarted(phase))
        for lane in lanes { await reporter.report(.stepStarted(Fixture.step(lane.host, "s", "work"))) }
        try await pace.pause(.seconds(1))
        await reporter.report(.progress(Fixture.step(lanes[0].host, "s", "work"), done: 0, total: 0))
        let frame = terminal.frames.last?.split(separator: "\n").map { $0.prefix(20) }
        #expect(
            frame == [
                "Phase", "  phase 1 of 1, step", "  ⠋ 10.0.0.1 work   ", "  ⠋ 10.0.0.2 work   ", "  ⠋ 10.0.0.3 work   ",
                "    and 6 more",
            ])
    }

    @Test func `it draws ten times a second at most, however many events come`() async throws {
        let terminal = MockTerminal()
        let pace = Pace.simulated()
        let reporter = TerminalReporter(terminal, style: plainStyle, pace: pace)
        await reporter.report(.planStarted(try Fixture.plan()))
        await reporter.report(.stepStarted(Fixture.push))
        for done in 0..<1000 {
            await reporter.report(.progress(Fixture.push, done: done, total: 1000))
            try await pace.pause(.milliseconds(1))
        }
        #expect((9...11).contains(terminal.frames.count))
    }

    @Test func `hosts' lines show when asked for, without what would steer the terminal`() async throws {
        let terminal = MockTerminal()
        let fixture = Fixture()
        try await fixture.tell(TerminalReporter(terminal, style: plainStyle, verbose: true, pace: fixture.pace))
        #expect(terminal.lines.contains("    10.0.0.1 | bin/kubelet    placed"))
    }

    @Test func `colours only where the terminal has them`() async throws {
        for hasColour in [true, false] {
            let terminal = MockTerminal()
            let fixture = Fixture()
            let style = TerminalStyle(hasColour: hasColour, isUnicode: false)
            try await fixture.tell(TerminalReporter(terminal, style: style, pace: fixture.pace))
            #expect((terminal.colours > 0) == hasColour)
            #expect(terminal.lines.allSatisfy { $0.allSatisfy(\.isASCII) })
        }
    }

    @Test(arguments: [
        (["NO_COLOR": "1", "LANG": "C.UTF-8"], false, true),
        (["NO_COLOR": "", "LC_ALL": "C", "LANG": "C.UTF-8"], true, false),
        ([:], true, false), (["LC_CTYPE": "de_DE.utf8"], true, true),
    ])
    func `the environment says what the terminal can do`(
        environment: [String: String], hasColour: Bool, isUnicode: Bool
    ) {
        #expect(
            TerminalStyle(environment: environment) == TerminalStyle(hasColour: hasColour, isUnicode: isUnicode))
    }

    private var step: Step { Step(id: "s", title: "work", action: .run(Script("true"))) }
}
