// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
@testable import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTestSupport
import HakubeTransport
import Testing

/// The batch's script in a real shell, and how its output is read.
@Suite struct BatchScriptTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "hakube-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    private var path: String { folder.path() }

    private func batch(_ steps: [Step], claim: String? = nil) throws -> StepBatch {
        try #require(StepBatch(steps[...], values: RuntimeValues(), claim: claim))
    }

    private func run(_ text: String, shell: String = "/bin/sh") throws -> [OutputLine] {
        // As it comes over SSH: read whole, then evaluated. bash reads .bashrc when its input is a socket.
        let frame = "hakube_script=$(cat); exec 2>\(path)/err </dev/null; set -eu; eval \"$hakube_script\""
        let place = text.replacing(StepBatch.record, with: "\(path)/record")
            .replacing(RunLock.path, with: "\(path)/lock")
        let out = try LocalProgram.outcome(shell.split(separator: " ").map(String.init) + ["-c", frame], input: place)
            .printed
        let err = try String(contentsOf: folder.appending(path: "err"), encoding: .utf8)
        func lines(_ text: String, _ stream: OutputLine.Stream) -> [OutputLine] {
            text.split(separator: "\n").map { OutputLine(stream, String($0)) }
        }
        return lines(err, .err) + lines(out, .out)
    }

    private func story(_ batch: StepBatch, shell: String = "/bin/sh") throws -> [String] {
        var transcript = BatchTranscript(tag: batch.tag)
        let items = try run(batch.script.text, shell: shell).flatMap { transcript.take($0) } + transcript.finish()
        return items.map { item in
            switch item {
            case .line(let line): "\(line.stream)> \(line.text)"
            case .mark(let mark): "\(mark.part) \(mark.word) \(mark.status)"
            }
        }
    }

    private func step(_ act: String, unless: String? = nil) -> Step {
        Step(id: "s", title: "s", action: .run(Script(act)), unless: unless.map { Script($0) })
    }

    @Test(arguments: ["/bin/dash", "/bin/bash --norc"])
    func `each part has errexit, its own variables and its own end`(shell: String) throws {
        let batch = try batch([
            step("value=1\necho first\nprintf unended"), step("echo \"${value:-none}\"\nexit 0\necho never"),
            step("echo not done", unless: "true"), step("false\necho not reached", unless: "exit 5"),
            step("echo never"),
        ])
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(
            try story(batch, shell: shell) == [
                "out> first", "out> unended", "0 acted 0", "out> none", "1 acted 0", "2 unchanged 0", "3 wanted 5",
                "3 acted 1",
            ])
        let record = try String(contentsOf: folder.appending(path: "record"), encoding: .utf8)
        #expect(
            record == """
                \(batch.tag)
                0 begun 0
                0 acted 0
                1 begun 0
                1 acted 0
                2 unchanged 0
                3 begun 0
                3 acted 1

                """)
    }

    @Test func `a file is written whole with its mode, and left alone the second time`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let text = "it's $HOME\n\\n `x`\n\n"
        let file = RemoteFile(path: "\(path)/new/file", mode: 0o640, text: text)
        let batch = try batch([Step(id: "w", title: "w", action: .write(file)), step("echo end")])
        #expect(try story(batch).filter { $0.hasPrefix("0") } == ["0 wanted 1", "0 acted 0"])
        #expect(try String(contentsOfFile: file.path, encoding: .utf8) == text)
        let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
        #expect(mode == 0o640)
        #expect(try story(batch).first == "0 unchanged 0")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        #expect(try story(batch).first == "0 wanted 1")
        try FileManager.default.removeItem(atPath: file.path)
        try FileManager.default.createSymbolicLink(atPath: file.path, withDestinationPath: "/dev/null")
        #expect(try story(batch).first == "0 wanted 1", "a link is no file of ours")
    }

    @Test func `a block that stands just so needs nothing, and any other is left to the step`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let block = ManagedBlock(path: "\(path)/hosts", name: "c", lines: ["10.0.0.1 api"])
        let batch = try batch([Step(id: "b", title: "b", action: .block(block)), step("echo end")])
        let right = "127.0.0.1 x\n# hakube begin c\n10.0.0.1 api\n# hakube end c\nlast"
        for (text, isRight) in [
            (right, true), ("", false), (right.replacing("api", with: "api2"), false),
            (right + "\n# hakube end c\n", false),
            (right + "\n" + block.text, false), (right.replacing("\n", with: "\r\n"), false),
        ] {
            try text.write(toFile: block.path, atomically: true, encoding: .utf8)
            #expect(block.applied(to: text) == text || !isRight)
            #expect(try story(batch).first == (isRight ? "0 unchanged 0" : "0 needed 1"))
        }
    }

    @Test func `another's lock ends each part before it begins`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try "token b\n".write(toFile: "\(path)/lock", atomically: true, encoding: .utf8)
        #expect(try story(batch([step("echo a"), step("echo b")], claim: "a")) == ["0 acted 76"])
    }

    @Test func `what came after a break has begun is not begun, and the host says how far it was`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        // The second part asks as the new connection would.
        var batch = try batch([step("echo a"), step("echo b"), step("echo c")])
        let settling = batch.settling(claim: "t").text
        let steps = [step("echo a"), step("(\n\(settling)\n)"), step("echo c")]
        batch = StepBatch(tag: batch.tag, of: try self.batch(steps))
        #expect(
            try story(batch) == [
                "out> a", "0 acted 0", "out> 0 begun 0", "out> 0 acted 0", "out> 1 begun 0", "out> reached",
                "1 acted 0",
            ])
        #expect(
            try run(settling).map(\.text) == ["0 begun 0", "0 acted 0", "1 begun 0", "reached"],
            "asked again it says the same")
        try FileManager.default.removeItem(atPath: "\(path)/record")
        #expect(try run(settling).isEmpty)
        try "token t\n".write(toFile: "\(path)/lock", atomically: true, encoding: .utf8)
        #expect(try run(settling).map(\.text) == ["never"])
    }

    @Test func `a stream that runs ahead waits for the other`() {
        var transcript = BatchTranscript(tag: "t")
        func take(_ stream: OutputLine.Stream, _ text: String) -> [BatchTranscript.Item] {
            transcript.take(OutputLine(stream, text))
        }
        #expect(take(.out, "a") == [.line(OutputLine(.out, "a"))])
        #expect(take(.out, "t 0 acted 0").isEmpty)
        #expect(take(.out, "of the next").isEmpty)
        #expect(take(.err, "b") == [.line(OutputLine(.err, "b"))])
        let rest = take(.err, "ct 0 acted 0")
        #expect(rest.first == .line(OutputLine(.err, "c")))
        #expect(rest.count == 3 && rest.last == .line(OutputLine(.out, "of the next")))
        #expect(take(.out, "t 1 acted 0").isEmpty)
        #expect(transcript.finish().count == 1, "a mark on one stream counts when no more comes")
    }
}

extension StepBatch {
    /// The same parts under another tag.
    fileprivate init(tag: String, of other: StepBatch) {
        self.init(tag: tag, parts: other.parts)
    }
}
