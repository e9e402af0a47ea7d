// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeBundle
import HakubeTestSupport
import Testing

@testable import HakubeImport

/// Whatever an archive says, nothing of it lands outside, and what is not honest is refused in a sentence.
@Suite struct ArchiveTests {
    private let home: ScratchFolder

    init() throws { home = try ScratchFolder() }

    @discardableResult
    private func extract(
        _ tar: [UInt8], _ limits: ImportLimits = ImportLimits(), of total: ImportTotal = ImportTotal()
    ) throws -> FileTree {
        try home.write(tar, to: "in.tar")
        try home.write([], to: "out/deep/.keep")
        return try ArchiveExtractor(budget: ImportBudget(limits, of: total)).extract(
            home.place("in.tar"), called: "in.tar", to: home.place("out/deep"))
    }

    private func tar(_ build: (inout TarBuilder) -> Void) -> [UInt8] {
        var tar = TarBuilder()
        tar.add("first", "honest")
        build(&tar)
        return tar.whole
    }

    struct Hostile: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let build: @Sendable (inout TarBuilder) -> Void
    }

    private static let hostile = [
        Hostile(testDescription: "a parent") { $0.add("../stolen", "x") },
        Hostile(testDescription: "a parent inside") { $0.add("a/b/../../../stolen", "x") },
        Hostile(testDescription: "an absolute path") { $0.add("/tmp/hakube-stolen", "x") },
        Hostile(testDescription: "a folder outside") { $0.add("../stolen/", kind: .folder) },
        Hostile(testDescription: "a line break in a name") { $0.add("a\nb", "x") },
        Hostile(testDescription: "an escape sequence in a name") { $0.add("a\u{1B}[2Jb", "x") },
        Hostile(testDescription: "a hard link to a file of the host") {
            $0.add("passwd", kind: .hardLink, target: "/etc/passwd")
        },
        Hostile(testDescription: "a hard link upwards") { $0.add("up", kind: .hardLink, target: "../../in.tar") },
        Hostile(testDescription: "a character device") { $0.add("null", kind: .characterDevice) },
        Hostile(testDescription: "a block device") { $0.add("disk", kind: .blockDevice) },
        Hostile(testDescription: "a pipe") { $0.add("pipe", kind: .pipe) },
        Hostile(testDescription: "a file twice") { $0.add("first", "again") },
        Hostile(testDescription: "a link in place of a file") { $0.add("first", kind: .link, target: "x") },
        Hostile(testDescription: "a file below a file") { $0.add("first/below", "x") },
        Hostile(testDescription: "a size that lies") { $0.add("long", [1, 2, 3], size: 1 << 30) },
        Hostile(testDescription: "a name deeper than any") {
            $0.add(String(repeating: "d/", count: 40) + "f", "x")
        },
    ]

    @Test(arguments: hostile)
    func `a hostile entry is refused and nothing lies outside`(entry: Hostile) throws {
        let error = #expect(throws: BundleError.self) { try extract(tar { entry.build(&$0) }) }
        #expect(error?.problems.count == 1)
        #expect(home.files.allSatisfy { $0 == "in.tar" || $0.hasPrefix("out/deep/") }, "\(home.files)")
    }

    @Test func `a symbolic link is no way out, whatever comes after it`() throws {
        let tree = try extract(
            tar {
                $0.add("way", kind: .link, target: "/etc")
                $0.add("up", kind: .link, target: "../..")
                $0.add("way/shadow", "x")
                $0.add("up/stolen", "x")
                $0.add("same", kind: .link, target: "./first")
                $0.add("circle", kind: .link, target: "circle2")
                $0.add("circle2", kind: .link, target: "circle")
            })
        #expect(home.files.allSatisfy { $0 == "in.tar" || $0.hasPrefix("out/deep/") }, "\(home.files)")
        #expect(tree.path(of: "same") == home.place("out/deep/first"))
        #expect(tree.path(of: "way") == nil && tree.path(of: "up") == nil && tree.path(of: "circle") == nil)
        #expect(tree.path(of: "../../in.tar") == nil && tree.path(of: "/etc/passwd") == nil)
    }

    @Test func `of an archive that is cut short nothing is taken for whole that is not`() throws {
        let contents = (0..<20).map { noise(3000 + $0) }
        let whole = tar { for (number, content) in contents.enumerated() { $0.add("file\(number)", content) } }
        for eighth in 1..<8 {
            // Between two entries a plain tar can be cut so that nobody sees it; then what is there is whole.
            if let tree = try? extract(Array(whole.prefix(whole.count * eighth / 8))) {
                for (number, content) in contents.enumerated() where tree.path(of: "file\(number)") != nil {
                    #expect(try home.bytes(of: "out/deep/file\(number)") == content)
                }
            }
            try home.remove("out")
        }
        let packed = try LocalTool.run("gzip -n", on: whole)
        for eighth in 1..<8 {
            #expect(throws: BundleError.self) { try extract(Array(packed.prefix(packed.count * eighth / 8))) }
            try home.remove("out")
        }
        #expect(throws: BundleError.self) { try extract([]) }
        #expect(throws: BundleError.self) { try extract([UInt8]("no tar at all, only some text".utf8)) }
    }

    @Test func `a flipped byte anywhere never reaches outside`() throws {
        let whole = tar {
            $0.add("a/b", noise(700))
            $0.add("l", kind: .link, target: "a/b")
        }
        for position in stride(from: 0, to: whole.count, by: 3) {
            var bytes = whole
            bytes[position] ^= UInt8(truncatingIfNeeded: position * 7 + 1) | 1
            _ = try? extract(bytes)
            #expect(home.files.allSatisfy { $0 == "in.tar" || $0.hasPrefix("out/deep/") }, "\(position)")
            try? home.remove("out")
        }
    }

    @Test func `limits stop what grows without measure`() throws {
        let zeros = [UInt8](repeating: 0, count: 4 << 20)
        let packed = try LocalTool.run("gzip -n", on: tar { $0.add("zeros", zeros) })
        #expect(packed.count < 10_000)
        var limits = ImportLimits()
        limits.ratioFloor = 1 << 20
        var error = #expect(throws: BundleError.self) { try extract(packed, limits) }
        #expect(error?.description.contains("200 times its size") == true, "\(String(describing: error))")
        try home.remove("out")
        limits = ImportLimits()
        limits.bytes = 1 << 20
        error = #expect(throws: BundleError.self) { try extract(packed, limits) }
        #expect(error?.description.contains("more than 1 MiB") == true)
        try home.remove("out")
        limits = ImportLimits()
        limits.entries = 10
        error = #expect(throws: BundleError.self) {
            try extract(tar { for number in 0..<20 { $0.add("f\(number)", "") } }, limits)
        }
        #expect(error?.description.contains("more than 10 entries") == true)
    }

    @Test func `archives of one import share the limits, but none answers for the size of another`() throws {
        var limits = ImportLimits()
        limits.ratioFloor = 50_000
        limits.ratio = 2
        limits.bytes = 1 << 20
        let total = ImportTotal()
        try extract(tar { $0.add("large", noise(700_000)) }, limits, of: total)
        try home.remove("out")
        try extract(tar { $0.add("small", noise(20_000)) }, limits, of: total)
        try home.remove("out")
        let error = #expect(throws: BundleError.self) {
            try extract(tar { $0.add("large", noise(700_000)) }, limits, of: total)
        }
        #expect(error?.description.contains("more than 1 MiB") == true)
    }

    @Test(arguments: ["cat", "gzip -n", "xz", "zstd -q"])
    func `plain, gzip, xz and zstd give the same files`(compressor: String) throws {
        let content = noise(100_000)
        let bytes = try LocalTool.run(
            compressor,
            on: tar {
                $0.add("kube/bin/kubeadm", content, mode: 0o755)
                $0.add("kube/copy", kind: .hardLink, target: "kube/bin/kubeadm")
            })
        let tree = try extract(bytes)
        #expect(tree.names == ["first", "kube/bin/kubeadm"])
        #expect(try home.bytes(of: "out/deep/kube/bin/kubeadm") == content)
        #expect(tree.path(of: "kube/copy") == home.place("out/deep/kube/bin/kubeadm"))
    }
}
