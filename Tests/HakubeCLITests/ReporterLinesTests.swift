// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
@testable import HakubeCLI
import HakubeEngine
import HakubeModel
import Testing

/// The reporters for pipes and for programs.
@Suite struct ReporterLinesTests {
    typealias Fixture = ReporterFixture

    @Test func `a pipe gets a line for each step that ends`() async throws {
        let fixture = Fixture()
        let sheet = Sheet()
        try await fixture.tell(PlainReporter(verbose: false, pace: fixture.pace, write: sheet.write))
        #expect(
            sheet.text == """
                Prepare the hosts
                  [3.3s] 10.0.0.1 install programs: unchanged
                  [3.3s] 10.0.0.4 send the bundle's files for a node: changed
                First master
                  [1:18] 10.0.0.1 kubeadm init: failed

                error: 10.0.0.1: kubeadm init: ended with status 1
                    | [init] Using Kubernetes version: v1.34.2
                    | [ERROR Swap]: swap is on
                  to do: turn swap off on the host, then run the same command again
                1 changed, 1 unchanged, 1 failed in 1:18

                """)
    }

    @Test func `a step that takes long says every half minute that it runs`() async throws {
        let pace = Pace.simulated()
        let sheet = Sheet()
        let reporter = PlainReporter(verbose: false, pace: pace, write: sheet.write)
        await reporter.report(.planStarted(try Fixture.plan()))
        await reporter.report(.stepStarted(Fixture.initialise))
        for _ in 0..<65 {
            try await pace.pause(.seconds(1))
            await reporter.beat()
        }
        #expect(
            sheet.text == """
                  [30.0s] 10.0.0.1 kubeadm init: running for 30.0s
                  [1:00] 10.0.0.1 kubeadm init: running for 1:00

                """)
    }

    @Test func `programs get one object a line, with keys that stay`() async throws {
        let fixture = Fixture()
        let sheet = Sheet()
        let moment = Date(timeIntervalSince1970: 1_800_000_000)
        let reporter = JSONLinesReporter(
            verbose: true, log: "/tmp/run.log", pace: fixture.pace, date: { moment }, write: sheet.write)
        try await fixture.tell(reporter)
        let expected = """
            {"cluster":"sample","event":"plan-started","kubernetes":"v1.34.2","log":"/tmp/run.log",\
            "phases":["prepare","first-master"],"steps":3,TIME}
            {"event":"phase-started","hosts":["10.0.0.1","10.0.0.4"],"phase":"prepare",TIME,\
            "title":"Prepare the hosts"}
            {"event":"step-started","host":"10.0.0.1","phase":"prepare","step":"install",TIME,\
            "title":"install programs"}
            {"event":"step-started","host":"10.0.0.4","phase":"prepare","step":"push",TIME,\
            "title":"send the bundle's files for a node"}
            {"done":210000000,"event":"progress","host":"10.0.0.4","phase":"prepare","step":"push",TIME,\
            "title":"send the bundle's files for a node","total":500000000}
            {"event":"output","host":"10.0.0.1","phase":"prepare","step":"install","stream":"out",\
            "text":"\\u001b[1mbin/kubelet\\u001b[0m\\tplaced",TIME,"title":"install programs"}
            {"event":"step-finished","host":"10.0.0.1","outcome":"unchanged","phase":"prepare",\
            "seconds":3.3,"step":"install",TIME,"title":"install programs"}
            """.replacing("TIME", with: #""time":"2027-01-15T08:00:00Z""#)
        let lines = sheet.text.split(separator: "\n")
        #expect(lines.prefix(7).joined(separator: "\n") == expected)
        let last = try #require(lines.last)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(last.utf8)) as? [String: Any])
        #expect(object["event"] as? String == "plan-finished")
        #expect(object["changed"] as? Int == 1 && object["failed"] as? Int == 1)
        #expect(object["interrupted"] as? Bool == false && object["seconds"] as? Double == 78.3)
        let failure = try #require((object["failures"] as? [[String: Any]])?.first)
        #expect(
            Set(failure.keys) == ["host", "step", "title", "message", "lines", "remedy", "kind"])
        #expect(failure["kind"] as? String == "step")
    }

    @Test func `bytes sent are told once a second, and at the end`() async throws {
        let pace = Pace.simulated()
        let sheet = Sheet()
        let reporter = JSONLinesReporter(verbose: false, log: "", pace: pace, write: sheet.write)
        for done in 1...25 {
            await reporter.report(.progress(Fixture.push, done: done, total: 25))
            try await pace.pause(.milliseconds(100))
        }
        #expect(sheet.text.split(separator: "\n").count == 4)
        #expect(sheet.text.contains(#""done":25"#))
    }

    @Test func `an interrupted run says so`() {
        var summary = PlanSummary()
        summary.interrupted = true
        summary.elapsed = .seconds(5)
        #expect(RunWords.ending(summary) == "0 changed, 0 unchanged, interrupted in 5.0s\n")
    }

    @Test func `a line is broken at words, and a word that is too long where the line ends`() {
        #expect(RunWords.broken("one two three", "  ", 8) == ["one two", "  three"])
        #expect(RunWords.broken("  | abcdefghijkl", "  | ", 10) == ["  | abcdef", "  | ghijkl"])
        #expect(RunWords.broken("short", "  ", nil) == ["short"])
    }

    @Test func `text is measured in columns`() {
        #expect(TerminalText.width("日本") == 4)
        #expect(TerminalText.cut("kubeadm init", to: 8) == "kubeadm…")
        #expect(TerminalText.cut("日本語", to: 5) == "日本…")
        #expect(TerminalText.spread("left", "right", over: 12) == "left   right")
    }
}
