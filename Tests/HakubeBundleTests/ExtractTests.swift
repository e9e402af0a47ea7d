// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import Testing

@testable import HakubeBundle

struct ExtractTests {
    @Test func `everything comes out as it is listed`() throws {
        let folder = try BundleFolder()
        let file = try folder.packed("a.tar.zst")
        let manifest = try BundleReader(file).manifest()
        let out = folder.home.path + "/out"
        let written = try BundleReader(file).extract(to: out)
        #expect(written == ["hakube-bundle.json"] + manifest.files.map(\.path))
        for entry in manifest.files {
            #expect(Digest.hex(of: try folder.home.bytes("out/\(entry.path)")) == entry.sha256)
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(out)/\(entry.path)")
            #expect(attributes[.posixPermissions] as? Int == entry.mode)
        }
    }

    @Test func `a folder or a file comes out alone`() throws {
        let folder = try BundleFolder()
        let reader = BundleReader(try folder.packed())
        let out = folder.home.path + "/out"
        #expect(
            try reader.extract(to: out, paths: ["amd64/cni/", "hakube-bundle.json"]) == [
                "hakube-bundle.json", "amd64/cni/bridge", "amd64/cni/host-local", "amd64/cni/loopback",
                "amd64/cni/portmap",
            ])
        let error = #expect(throws: BundleError.self) { try reader.extract(to: out, paths: ["amd64/cn"]) }
        #expect(try #require(error).description.contains("a.tar: amd64/cn: the bundle has no such file"))
    }

    @Test func `a file in the way is replaced only by force`() throws {
        let folder = try BundleFolder()
        let reader = BundleReader(try folder.packed())
        let out = folder.home.path + "/out"
        try folder.home.write([1], to: "out/amd64/bin/runc")
        let error = #expect(throws: BundleError.self) { try reader.extract(to: out, paths: ["amd64/bin/runc"]) }
        #expect(try #require(error).description.contains("amd64/bin/runc: is there already; name another folder"))
        #expect(try folder.home.bytes("out/amd64/bin/runc") == [1])
        try reader.extract(to: out, paths: ["amd64/bin/runc"], overwrites: true)
        #expect(try folder.home.bytes("out/amd64/bin/runc").count > 900)
    }

    @Test(arguments: [false, true])
    func `a link that waits in the folder leads nowhere`(isForced: Bool) throws {
        let folder = try BundleFolder()
        let reader = BundleReader(try folder.packed())
        let out = folder.home.path + "/out"
        try folder.home.write([1], to: "elsewhere/runc")
        try folder.home.write([1], to: "out/amd64/keep")
        try FileManager.default.createSymbolicLink(
            atPath: out + "/amd64/bin", withDestinationPath: folder.home.path + "/elsewhere")
        #expect(throws: BundleError.self) {
            try reader.extract(to: out, paths: ["amd64/bin/runc"], overwrites: isForced)
        }
        #expect(try folder.home.bytes("elsewhere/runc") == [1])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.home.path + "/elsewhere") == ["runc"])
    }

    @Test(arguments: ["/x", "../x", "a/../x", "a/../../x", "./x", "a//x", ""])
    func `a path that leads elsewhere is not written to`(path: String) throws {
        let home = try TemporaryFolder()
        let target = try TargetFolder(home.path + "/out")
        let error = #expect(throws: BundleError.self) {
            try target.write(path, mode: 0o644, overwrites: true) { _ in Issue.record("nothing is to be written") }
        }
        #expect(try #require(error).description.contains("the path leads elsewhere"))
        #expect(try FileManager.default.subpathsOfDirectory(atPath: home.path) == ["out"])
        try target.write("a/x", mode: 0o755, overwrites: false) { write in try [UInt8]("x".utf8).withUnsafeBytes(write)
        }
        #expect(try home.bytes("out/a/x") == [UInt8]("x".utf8))
        #expect(try FileManager.default.subpathsOfDirectory(atPath: home.path + "/out").sorted() == ["a", "a/x"])
    }

    @Test func `a file of the user's that ends in part is left alone`() throws {
        let folder = try BundleFolder()
        try folder.home.write([1], to: "out/amd64/bin/runc.part")
        try BundleReader(try folder.packed()).extract(to: folder.home.path + "/out", paths: ["amd64/bin/runc"])
        #expect(try folder.home.bytes("out/amd64/bin/runc.part") == [1])
    }

    @Test func `a damaged file is not left behind`() throws {
        let folder = try BundleFolder()
        var parts = try BundleParts(try folder.packed())
        try parts.change("amd64/bin/runc") { $0.content[5] ^= 1 }
        try folder.home.write(try parts.bytes(), to: "b.tar")
        let out = folder.home.path + "/out"
        #expect(throws: BundleError.self) { try BundleReader(folder.home.path + "/b.tar").extract(to: out) }
        let names = try FileManager.default.contentsOfDirectory(atPath: out + "/amd64/bin")
        #expect(!names.contains("runc") && !names.contains { $0.hasPrefix(".") } && names.contains("kubelet"))
    }
}
