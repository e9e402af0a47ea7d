// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTestSupport
import Testing

@Suite struct RunLogTests {
    private let step = StepReference(phase: "p", host: HostID("10.0.0.1"), step: "init", title: "kubeadm init")

    private func inFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hakube-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    private var failure: StepFailure {
        StepFailure(
            host: step.host, step: step.step, title: step.title, message: "ended with status 1", lastLines: [],
            remedy: "look")
    }

    @Test func `log and journal are for the operator's eyes only`() throws {
        try inFolder { folder in
            let log = try RunLog(folder: folder)
            for url in [log.logFile, folder.appending(path: "journal.jsonl")] {
                let attributes = try FileManager.default.attributesOfItem(atPath: url.path())
                #expect(attributes[.posixPermissions] as? Int == 0o600)
            }
        }
    }

    @Test func `the log holds what the hosts said, with host and step`() throws {
        try inFolder { folder in
            let log = try RunLog(folder: folder)
            log.write(.stepStarted(step))
            log.write(.output(step, stream: "err", text: "[preflight] hello"))
            log.write(.stepFinished(step, .failed(failure), elapsed: .seconds(2)))
            let lines = try String(contentsOf: log.logFile, encoding: .utf8).split(separator: "\n")
            #expect(lines.count == 3)
            #expect(lines[1].hasSuffix(" 10.0.0.1 init err> [preflight] hello"))
            #expect(lines[2].contains("failed: ended with status 1"))
        }
    }

    @Test func `the journal has one line for each step that ended, in every run`() throws {
        try inFolder { folder in
            for outcome in [StepOutcome.changed, .failed(failure)] {
                let log = try RunLog(folder: folder)
                log.write(.stepStarted(step))
                log.write(.stepFinished(step, outcome, elapsed: .milliseconds(1234)))
            }
            let journal = try String(contentsOf: folder.appending(path: "journal.jsonl"), encoding: .utf8)
            let entries = try journal.split(separator: "\n").map { line in
                try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            }
            #expect(entries.map { $0["outcome"] as? String } == ["changed", "failed"])
            #expect(entries.allSatisfy { $0["host"] as? String == "10.0.0.1" && $0["seconds"] as? Double == 1.234 })
            #expect(entries.last?["message"] as? String == "ended with status 1")
        }
    }

    @Test func `a folder that cannot be written is an error before anything is done`() throws {
        try inFolder { folder in
            // A file where the folder should be: even root cannot write below it.
            let file = folder.appending(path: "file")
            try Data().write(to: file)
            #expect(throws: (any Error).self) { try RunLog(folder: file) }
        }
    }
}
