// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
@testable import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTestSupport
import HakubeTransport
import Testing

/// A disk of the operator's machine that is full: a real file system of 64 KiB.
@Suite(
    .serialized,
    .enabled("mounting a small file system needs root") { getuid() == 0 }
)
struct FullDiskTests {
    /// A tmpfs for the length of a test.
    private final class SmallDisk {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hakube-disk-\(UUID().uuidString)")

        init() throws {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try LocalProgram.run(["/bin/mount", "-t", "tmpfs", "-o", "size=64k", "hakube-test", folder.path()])
        }

        /// Takes all room that is left but for so many bytes of the last page.
        func fill() {
            _ = FileManager.default.createFile(atPath: folder.appending(path: "ballast").path(), contents: nil)
            let descriptor = open(folder.appending(path: "ballast").path(), O_WRONLY)
            defer { close(descriptor) }
            let page = [UInt8](repeating: 0, count: 4096)
            while write(descriptor, page, page.count) > 0 {}
        }

        deinit {
            _ = try? LocalProgram.run(["/bin/umount", folder.path()])
            try? FileManager.default.removeItem(at: folder)
        }
    }

    @Test func `a kubeconfig that does not fit leaves the old one whole, and no part of the new`() throws {
        let disk = try SmallDisk()
        let file = PrivateFile(url: disk.folder.appending(path: "kubeconfig"))
        try file.write(Data("old".utf8))
        disk.fill()
        let error = #expect(throws: LocalFileError.self) { try file.write(Data(count: 20_000)) }
        #expect(error.map { "\($0); \($0.remedy)" }?.contains("No space left on device; make room") == true)
        #expect(file.holds(Data("old".utf8)))
        let names = try FileManager.default.contentsOfDirectory(atPath: disk.folder.path())
        #expect(Set(names) == ["kubeconfig", "ballast"])
    }

    @Test func `a fetch on a full disk fails its step and says which machine needs room`() async throws {
        let fixture = try PlanFixture()
        fixture.hosts[PlanFixture.one, "/etc/a"] = FakeHosts.File(String(repeating: "x", count: 20_000))
        let disk = try SmallDisk()
        disk.fill()
        let step = Step(id: "f", title: "f", action: .fetch(path: "/etc/a", name: "a", server: nil))
        let summary = try await fixture.run(
            [PlanFixture.phase([Lane(host: PlanFixture.one, steps: [step])])], folder: disk.folder)
        let failure = try #require(summary.failures.first)
        #expect(failure.message.contains("on this machine cannot be written: No space left on device"))
        #expect(failure.remedy == "make room on this machine, then run the same command again")
    }

    @Test func `log and journal end with a whole line, and the run is told`() throws {
        let disk = try SmallDisk()
        let log = try RunLog(folder: disk.folder)
        let step = StepReference(
            phase: "p", host: HostID("10.0.0.1"), step: "s", title: String(repeating: "t", count: 99))
        for _ in 0..<2000 {
            log.write(.output(step, stream: "out", text: String(repeating: "line ", count: 20)))
            log.write(.stepFinished(step, .changed, elapsed: .seconds(1)))
        }
        #expect(log.gap?.contains("No space left on device; make room on this machine") == true)
        for url in [log.logFile, disk.folder.appending(path: "journal.jsonl")] {
            let text = try String(contentsOf: url, encoding: .utf8)
            #expect(text.hasSuffix("\n") && text.count > 4096)
        }
        let journal = try String(contentsOf: disk.folder.appending(path: "journal.jsonl"), encoding: .utf8)
        for line in journal.split(separator: "\n") {
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
        }
    }

    @Test func `a host's full disk is told in the words that name the host`() {
        let advice = FailureAdvice(
            reference: StepReference(phase: "p", host: HostID("10.0.0.1"), step: "s", title: "t"))
        let failure = advice.transport(
            TransportError(
                .file, peer: "p", message: "/etc/a cannot be written: cat: write error: No space left on device",
                remedy: "check the file system"))
        #expect(failure.remedy == "make room on the host, then run the same command again")
        #expect(!failure.isConnection)
    }
}
