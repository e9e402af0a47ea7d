// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

@testable import HakubeBundle

/// Every single byte counts, in each of the three forms.
struct DamageTests {
    @Test(arguments: ["tar", "tar.gz", "tar.zst"])
    func `no flipped byte goes unseen`(ending: String) throws {
        let folder = try BundleFolder()
        let name = "a.\(ending)"
        let target = "\(folder.home.path)/\(name)"
        _ = try BundlePacker.pack(folder: folder.path, to: target)
        let good = try folder.home.bytes(name)
        // Both ends byte by byte, where headers and seals are, the rest in steps that meet every kind of place.
        let edges = Array(0..<64) + Array(good.count - 64..<good.count)
        let steps = stride(from: 64, to: 2048, by: 17).map { [$0, good.count - $0] }.joined()
        let places = edges + steps + Array(stride(from: 2048, to: good.count, by: 1999))
        var unseen: [Int] = []
        for place in places {
            var bad = good
            bad[place] ^= UInt8(1 << (place % 8))
            try folder.home.write(bad, to: name)
            do {
                _ = try BundleReader(target).verify()
                unseen.append(place)
            } catch let error as BundleError {
                #expect(error.description.contains(name))
            }
        }
        #expect(unseen == [], "of \(good.count) bytes")
    }

    @Test(arguments: ["tar", "tar.gz", "tar.zst"])
    func `a bundle cut short anywhere is refused`(ending: String) throws {
        let folder = try BundleFolder()
        let name = "a.\(ending)"
        let target = "\(folder.home.path)/\(name)"
        _ = try BundlePacker.pack(folder: folder.path, to: target)
        let good = try folder.home.bytes(name)
        for length in (0..<8).map({ good.count * $0 / 8 }) + (1...20).map({ good.count - $0 }) {
            try folder.home.write(Array(good.prefix(length)), to: name)
            let error = #expect(throws: BundleError.self, "cut at \(length)") { try BundleReader(target).verify() }
            #expect(try #require(error).problems.count == 1)
        }
    }

    @Test(arguments: ["tar", "tar.gz", "tar.zst"])
    func `bytes behind the end are refused`(ending: String) throws {
        let folder = try BundleFolder()
        let name = "a.\(ending)"
        let target = "\(folder.home.path)/\(name)"
        _ = try BundlePacker.pack(folder: folder.path, to: target)
        try folder.home.write(try folder.home.bytes(name) + [UInt8](repeating: 0, count: 100), to: name)
        #expect(throws: BundleError.self) { try BundleReader(target).verify() }
    }

    @Test(
        .enabled(if: Shell.hasZstd, "needs the program zstd"),
        arguments: [("tar.gz", "gzip -dc"), ("tar.zst", "zstd -dc")])
    func `the seal does not disturb the usual tools`(ending: String, tool: String) throws {
        let folder = try BundleFolder()
        _ = try BundlePacker.pack(folder: folder.path, to: "\(folder.home.path)/a.tar")
        _ = try BundlePacker.pack(folder: folder.path, to: "\(folder.home.path)/a.\(ending)")
        // The manifests tell different sizes of what is stored; all else is the same.
        let line = """
            mkdir x y && tar -xf a.tar -C x && \(tool) a.\(ending) | tar -xf - -C y
            diff -r --exclude=hakube-bundle.json x y && cmp <(tar -tf a.tar) <(\(tool) a.\(ending) | tar -tf -)
            """
        _ = try Shell.run("bash -euc '\(line)'", in: folder.home.path)
    }

    @Test(
        .enabled(if: Shell.hasZstd, "needs the program zstd"),
        arguments: [("tar.gz", "gzip -nc"), ("tar.zst", "zstd -qc")])
    func `a bundle that another program compressed says so`(ending: String, tool: String) throws {
        let folder = try BundleFolder()
        _ = try BundlePacker.pack(folder: folder.path, to: "\(folder.home.path)/a.tar")
        _ = try Shell.run("\(tool) a.tar > b.\(ending)", in: folder.home.path)
        let error = #expect(throws: BundleError.self) {
            try BundleReader("\(folder.home.path)/b.\(ending)").verify()
        }
        #expect(try #require(error).description.contains("another program compressed it anew"))
    }
}
