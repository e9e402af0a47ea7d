// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeBundle
import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubeBuild

@Suite struct ArchiveMembersTests {
    private let origin = "https://example.com/tools.tar.gz"

    /// An archive that Python's tarfile makes, whose names and kinds nobody checks.
    private func archive(_ scratch: Scratch, _ lines: String) throws -> String {
        let file = "\(scratch.path)/tools.tar.gz"
        let script = """
            import io, sys, tarfile
            tar = tarfile.open(sys.argv[1], "w:gz")
            def add(name, text="", kind=tarfile.REGTYPE, link=""):
                info = tarfile.TarInfo(name)
                info.type, info.linkname, info.size = kind, link, len(text)
                tar.addfile(info, io.BytesIO(text.encode()))
            \(lines)
            tar.close()
            """
        try LocalProgram.run(["/usr/bin/python3", "-c", script, file])
        return file
    }

    private func extract(_ scratch: Scratch, _ file: String, _ members: [String: String]) throws {
        let targets = members.mapValues { "\(scratch.path)/out/\($0)" }
        try ArchiveMembers.extract(file, targets, origin: origin)
    }

    @Test func `members come out under the names they are given, executable`() throws {
        let scratch = try Scratch()
        let file = try archive(scratch, "add('./bin/tool', 'one'); add('README', 'no'); add('shim', 'two')")
        try extract(scratch, file, ["bin/tool": "amd64/bin/tool", "./shim": "amd64/bin/shim"])
        #expect(try scratch.bytes("out/amd64/bin/tool") == Data("one".utf8))
        #expect(try scratch.bytes("out/amd64/bin/shim") == Data("two".utf8))
        #expect(FileManager.default.isExecutableFile(atPath: "\(scratch.path)/out/amd64/bin/tool"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/out/amd64/bin").count == 2)
    }

    @Test func `names that lead outside write nothing there`() throws {
        let scratch = try Scratch()
        let file = try archive(scratch, "add('../evil', 'x'); add('/tmp/evil', 'x'); add('tool', 'one')")
        try extract(scratch, file, ["tool": "tool"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/out") == ["tool"])
        #expect(!FileManager.default.fileExists(atPath: "\(scratch.path)/evil"))
    }

    @Test(arguments: [
        "add('tool', kind=tarfile.SYMTYPE, link='/etc/passwd')",
        "add('x', 'one'); add('tool', kind=tarfile.LNKTYPE, link='x')",
        "add('tool', kind=tarfile.DIRTYPE)", "add('tool', kind=tarfile.FIFOTYPE)",
        "add('tool', kind=tarfile.CHRTYPE)",
    ])
    func `a member that is no file is refused with the archive's address`(_ lines: String) throws {
        let scratch = try Scratch()
        let file = try archive(scratch, lines)
        let error = try #require(throws: BundleError.self) { try extract(scratch, file, ["tool": "tool"]) }
        #expect(error.problems[0].place == origin)
        #expect(error.problems[0].message == "the member tool is no regular file")
    }

    @Test func `a link that stands at the target is replaced and not followed`() throws {
        let scratch = try Scratch()
        let victim = try scratch.write("mine", to: "victim")
        try FileManager.default.createDirectory(atPath: "\(scratch.path)/out", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: "\(scratch.path)/out/tool", withDestinationPath: victim)
        try extract(scratch, try archive(scratch, "add('tool', 'one')"), ["tool": "tool"])
        #expect(try scratch.bytes("victim") == Data("mine".utf8))
        #expect(try scratch.bytes("out/tool") == Data("one".utf8))
    }

    @Test func `a member that is missing is named with the archive's address`() throws {
        let scratch = try Scratch()
        let file = try archive(scratch, "add('other', 'one')")
        let error = try #require(throws: BundleError.self) { try extract(scratch, file, ["tool": "tool"]) }
        #expect(error.problems[0].description.hasPrefix("\(origin): the archive has no member tool; "))
    }

    @Test func `an archive that grows without measure is refused, also where nobody wants its members`() throws {
        let scratch = try Scratch()
        let file = try archive(scratch, "add('zeros', '0' * (3 << 20)); add('tool', 'one')")
        let error = try #require(throws: BundleError.self) {
            try ArchiveMembers.extract(file, ["tool": "\(scratch.path)/tool"], origin: origin, limit: 1 << 20)
        }
        #expect(error.problems[0].description.contains("\(origin): the archive unpacks to more than 1 MiB"))
        try extract(scratch, file, ["tool": "tool"])
    }

    @Test func `what is no archive, or is cut off, is an error`() throws {
        let scratch = try Scratch()
        let page = try scratch.write("<html>log in</html>", to: "page")
        #expect(throws: BundleError.self) { try extract(scratch, page, ["tool": "tool"]) }
        let whole = try Data(contentsOf: URL(filePath: archive(scratch, "add('tool', str(list(range(20000))))")))
        try whole.prefix(whole.count / 2).write(to: URL(filePath: "\(scratch.path)/half"))
        #expect(throws: BundleError.self) { try extract(scratch, "\(scratch.path)/half", ["tool": "tool"]) }
    }
}
