// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeEngine
import HakubeModel
import HakubeTestSupport
import HakubeTransport
import Synchronization
import Testing

@testable import HakubeCLI

struct CopyTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "hakube-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func file(_ name: String, _ text: String, mode: Int = 0o640) throws -> LocalFile {
        let path = folder.appending(path: name).path()
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return try LocalFile(path)
    }

    /// Runs a script of this machine with a file on standard input.
    private func take(_ source: String, _ script: Script) throws -> (status: Int32, err: String) {
        let process = Process()
        let errors = Pipe()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", "set -eu; eval \"$1\"", "sh", script.text]
        process.standardInput = try FileHandle(forReadingFrom: URL(filePath: source))
        process.standardError = errors
        try process.run()
        let said = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: said, as: UTF8.self))
    }

    @Test func `a file arrives whole, with its mode, and is then found to stand there`() throws {
        let file = try file("it's.txt", "hello\n")
        let target = folder.appending(path: "host file").path(percentEncoded: false)
        let script = CopyScript(file: file, target: target, isFolder: false, asRoot: true)
        #expect(try LocalShell.run(script.standsThere).status != 0)
        #expect(try take(file.path, script.taking).status == 0)
        #expect(try String(contentsOfFile: target, encoding: .utf8) == "hello\n")
        #expect(try FileManager.default.attributesOfItem(atPath: target)[.posixPermissions] as? Int == 0o640)
        #expect(try LocalShell.run(script.standsThere).status == 0)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: target)
        #expect(try LocalShell.run(script.standsThere).status != 0)
    }

    @Test func `a folder is made where the path ends with a slash, and one that stands there is one anyway`() throws {
        let file = try file("f", "x")
        let made = folder.appending(path: "a/b").path() + "/"
        #expect(
            try take(file.path, CopyScript(file: file, target: made, isFolder: true, asRoot: true).taking).status == 0)
        #expect(FileManager.default.fileExists(atPath: made + "f"))
        let standing = folder.appending(path: "a").path()
        let script = CopyScript(file: file, target: standing, isFolder: false, asRoot: true)
        #expect(try take(file.path, script.taking).status == 0)
        #expect(FileManager.default.fileExists(atPath: standing + "/f"))
    }

    @Test func `bytes that are not the file's replace nothing and leave nothing behind`() throws {
        let file = try file("f", "right")
        let wrong = try self.file("wrong", "cut off")
        let target = folder.appending(path: "target").path()
        try "before".write(toFile: target, atomically: true, encoding: .utf8)
        let before = try FileManager.default.contentsOfDirectory(atPath: folder.path()).sorted()
        let taken = try take(wrong.path, CopyScript(file: file, target: target, isFolder: false, asRoot: true).taking)
        #expect(taken.status == 1)
        #expect(taken.err == "what arrived is not the file that was to be sent\n")
        #expect(try String(contentsOfFile: target, encoding: .utf8) == "before")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path()).sorted() == before)
    }

    @Test func `a missing folder is told, not made`() throws {
        let file = try file("f", "x")
        let target = folder.appending(path: "none/f").path()
        let taken = try take(file.path, CopyScript(file: file, target: target, isFolder: false, asRoot: true).taking)
        #expect(taken.err == "there is no folder \(folder.appending(path: "none").path())\n")
    }

    @Test func `folders, devices and missing files are refused`() {
        let folder = #expect(throws: InventoryError.self) { try LocalFile("/tmp") }
        #expect(folder?.problems.first?.message == "this is a folder, and copy takes files")
        let device = #expect(throws: InventoryError.self) { try LocalFile("/dev/null") }
        #expect(device?.problems.first?.message == "this is no plain file")
        let missing = #expect(throws: InventoryError.self) { try LocalFile("/nowhere/file") }
        #expect(missing?.problems.first?.message == "there is no such file")
    }

    @Test func `a large file is read in pieces`() throws {
        let file = try file("large", String(repeating: "0123456789abcdef", count: 1 << 17))
        var pieces: [Int] = []
        try file.read { pieces.append($0.count) }
        #expect(pieces.reduce(0, +) == 1 << 21)
        #expect(pieces.allSatisfy { $0 <= 1 << 18 })
    }

    @Test func `hosts get what they lack, side by side, and each ending is told`() async throws {
        let file = try file("f", "12345")
        let spec = try SampleCluster.spec(masters: ["10.0.0.1", "10.0.0.2", "10.0.0.3"])
        let stands = CopyScript(file: file, target: "/opt/f", isFolder: false, asRoot: true).standsThere.text
        let hosts = FakeHosts(rules: [
            { host, script in
                if script.text == stands { return ScriptOutput(status: host == HostID("10.0.0.2") ? 0 : 1) }
                guard host == HostID("10.0.0.3"), script.text != FakeHosts.connecting else { return nil }
                return ScriptOutput(status: 1, err: "no space left on device\n")
            }
        ])
        let run = CopyRun(
            files: [file], target: "/opt/f", asRoot: true, pool: ConnectionPool(connector: hosts), parallel: 3)
        let progress = Mutex<[Int]>([])
        let endings = await run.endings(on: spec.hosts) { sent, total in
            progress.withLock { $0.append(sent) }
            #expect(total == 15)
        }
        #expect(endings.map(\.1) == [.copied(1), .unchanged, .failed("f: no space left on device")])
        #expect(progress.withLock { $0.max() } == 15)
        #expect(hosts.acts.contains(.stream(HostID("10.0.0.1"), bytes: 5)))
        #expect(!hosts.acts.contains(.stream(HostID("10.0.0.2"), bytes: 5)))
    }
}
