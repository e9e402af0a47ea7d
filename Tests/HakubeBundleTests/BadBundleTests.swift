// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubeBundle

/// Every bad bundle has its own sentence, ends the command with 6, and leaves no file behind.
struct BadBundleTests {
    private static let sound = Result { try BundleFolder() }.flatMap { folder in
        Result { (folder: folder, file: try folder.packed("good.tar.zst")) }
    }

    /// The bad file, alone in a folder of its own.
    private func home(with bad: BadBundle) throws -> TemporaryFolder {
        let good = try Self.sound.get()
        var parts = try BundleParts(good.file)
        let home = try TemporaryFolder()
        try home.write(try bad.make(try good.folder.home.bytes("good.tar.zst"), &parts), to: "bad.tar.zst")
        return home
    }

    @Test(arguments: BadBundle.all)
    func `a bad bundle has its sentence`(bad: BadBundle) throws {
        let home = try home(with: bad)
        let path = home.path + "/bad.tar.zst"
        let error = #expect(throws: BundleError.self) { try BundleReader(path).verify() }
        let problems = try #require(error).problems.map(\.description)
        #expect(problems.contains { $0.hasPrefix("\(path): ") && $0.contains(bad.sentence) }, "\(problems)")
        #expect(problems.allSatisfy { !$0.contains("\n") && $0.contains("; ") }, "\(problems)")
    }

    @Test(arguments: BadBundle.all)
    func `extracting a bad bundle writes nothing beside its target`(bad: BadBundle) throws {
        let home = try home(with: bad)
        let target = home.path + "/a/b/out"
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
        // Some of them are sound as archives, and only of no use for a cluster.
        _ = try? BundleReader(home.path + "/bad.tar.zst").extract(to: target)
        let all = try #require(FileManager.default.enumerator(atPath: home.path)).compactMap { $0 as? String }
        let files = all.filter { name in
            let isFolder = (try? FileManager.default.contentsOfDirectory(atPath: "\(home.path)/\(name)")) != nil
            return !isFolder
        }
        #expect(files.allSatisfy { $0 == "bad.tar.zst" || $0.hasPrefix("a/b/out/") }, "\(files)")
        #expect(!files.contains { $0.hasSuffix(".part") })
    }

    @Test(arguments: BadBundle.all)
    func `the command ends with 6 and touches no host`(bad: BadBundle) async throws {
        let home = try home(with: bad)
        let host = try SilentHost()
        let inventory = "masters: [{address: 127.0.0.1, port: \(host.port), internalAddress: 10.0.0.1}]\n"
        try home.write([UInt8](inventory.utf8), to: "cluster.yaml")
        let run = try await ProgramRun.run(
            Checkout.hakube,
            [
                "init", "-f", home.path + "/cluster.yaml", "--yes", "--bundle", home.path + "/bad.tar.zst",
            ], environment: ["HAKUBE_HOME": home.path + "/state"])
        #expect(run.status == 6, "\(run.err)")
        #expect(run.err.contains(bad.sentence), "\(run.err)")
        #expect(!host.wasCalled)
    }

    @Test func `the silent host hears a call`() throws {
        let host = try SilentHost()
        #expect(!host.wasCalled)
        try host.call()
        #expect(host.wasCalled)
    }

    @Test func `there are at least 25 of them, each with a name of its own`() {
        #expect(BadBundle.all.count >= 25)
        #expect(Set(BadBundle.all.map(\.name)).count == BadBundle.all.count)
    }

    @Test(arguments: ["hello, world", String(repeating: "x", count: 5000)])
    func `a file that is no archive is refused`(text: String) throws {
        let home = try TemporaryFolder()
        try home.write([UInt8](text.utf8), to: "a.tar.zst")
        let error = #expect(throws: BundleError.self) { try BundleReader(home.path + "/a.tar.zst").verify() }
        #expect(try #require(error).description.contains("a.tar.zst: is not a bundle"))
    }

    @Test func `a file that is not there is a sentence`() throws {
        let error = #expect(throws: BundleError.self) { try BundleReader("/nonexistent/a.tar.zst").verify() }
        #expect(
            try #require(error).description
                == "/nonexistent/a.tar.zst: cannot open the bundle: No such file or directory; name a bundle file that you can read"
        )
    }

    @Test func `several faults are told together, and the list has an end`() throws {
        let good = try Self.sound.get()
        var parts = try BundleParts(good.file)
        for number in parts.entries.indices where parts.entries[number].header.path.hasPrefix("amd64/") {
            parts.entries[number].content[100] ^= 1
        }
        try good.folder.home.write(try parts.bytes(), to: "several.tar.zst")
        let error = #expect(throws: BundleError.self) {
            try BundleReader(good.folder.home.path + "/several.tar.zst").verify()
        }
        #expect(try #require(error).problems.count == ProgramRules.needed.count)
        var faults = FaultList("x")
        for number in 0..<80 { faults.add("\(number)", "is bad", "mend it") }
        let many = #expect(throws: BundleError.self) { try faults.throwIfAny() }
        #expect(try #require(many).problems.last?.message == "30 more faults are not listed")
    }
}
