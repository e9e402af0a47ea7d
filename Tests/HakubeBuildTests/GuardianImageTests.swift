// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeBundle
import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubeBuild

@Suite struct GuardianImageTests {
    private func make(_ scratch: Scratch, _ shelf: String, date: Date = Date(timeIntervalSince1970: 1)) throws
        -> LayoutImage
    {
        let file = try scratch.write(String(repeating: "program", count: 1000), to: "guardian")
        try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: file)
        return try ImageShelf(folder: "\(scratch.path)/\(shelf)").add(
            GuardianImage(of: file, for: .arm64, version: "1.2.3"), for: .arm64)
    }

    @Test func `same program, same bytes, whatever its date`() throws {
        let scratch = try Scratch()
        let first = try make(scratch, "first")
        let second = try make(scratch, "second", date: Date(timeIntervalSince1970: 1_000_000_000))
        #expect(first == second)
        let list = "cd \(scratch.path)/first && find . -type f -exec sha256sum {} + | sort"
        let sums = try LocalProgram.run(["/bin/sh", "-c", list])
        #expect(try LocalProgram.run(["/bin/sh", "-c", list.replacing("/first", with: "/second")]) == sums)
        #expect(sums.split(separator: "\n").count == 3)
    }

    @Test func `it has one layer with one file of root's, dated 1970`() throws {
        let scratch = try Scratch()
        let image = try make(scratch, "shelf")
        #expect(image.name == "hakube.local/guardian:v1.2.3")
        let shelf = ImageShelf(folder: "\(scratch.path)/shelf")
        let blobs = try #require(shelf.blobs(of: image))
        let manifest = try #require(ImageDocument(file: shelf.path(image.digest)))
        let layer = try #require(manifest.layers?.first)
        #expect(blobs == [image.digest, manifest.config?.digest, layer.digest])
        let listing = try LocalProgram.run(
            ["/bin/sh", "-c", "TZ=UTC tar --numeric-owner --full-time -tvf \(shelf.path(layer.digest))"])
        #expect(
            listing.split(separator: " ").joined(separator: " ")
                == "-rwxr-xr-x 0/0 7000 1970-01-01 00:00:00 hakube-guardian\n")
    }

    @Test func `its configuration is the architecture's and names the layer`() throws {
        let scratch = try Scratch()
        let shelf = ImageShelf(folder: "\(scratch.path)/shelf")
        let image = try make(scratch, "shelf")
        let manifest = try #require(ImageDocument(file: shelf.path(image.digest)))
        let config = try #require(manifest.config)
        let text = try String(contentsOfFile: shelf.path(config.digest), encoding: .utf8)
        #expect(text.contains(#""architecture":"arm64""#))
        #expect(text.contains(#""Entrypoint":["/hakube-guardian"]"#))
        let layer = try #require(manifest.layers?.first)
        #expect(text.contains(layer.digest))
    }
}
