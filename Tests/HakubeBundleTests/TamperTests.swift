// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import Testing

@testable import HakubeBundle

/// Bundles that somebody, or a bad cable, changed after they were packed.
struct TamperTests {
    private static let kubelet = "bin/kubelet"

    /// Packs a plain bundle, lets `change` take it apart, and says what verify finds.
    private func faults(_ change: (inout TarParts) throws -> Void) throws -> [String] {
        let folder = try BundleFolder()
        let target = folder.home.path + "/a.tar"
        _ = try BundlePacker.pack(folder: folder.path, to: target)
        var parts = TarParts(try folder.home.bytes("a.tar"))
        try change(&parts)
        try folder.home.write(parts.bytes, to: "a.tar")
        return try problems(target)
    }

    private func problems(_ target: String) throws -> [String] {
        let error = #expect(throws: BundleError.self) { try BundleReader(target).verify() }
        return try #require(error).problems.map(\.description)
    }

    @Test func `a flipped byte of content is told with both digests`() throws {
        let faults = try faults { $0.entries[try $0.index(of: Self.kubelet)].content[100] ^= 1 }
        let good = Digest.hex(of: BundleFolder.program(filler: Self.kubelet))
        #expect(faults.count == 1)
        #expect(faults[0].contains("bin/kubelet: the content has sha256 "))
        #expect(faults[0].contains("the manifest says \(good)") && faults[0].contains("fetch or copy the bundle again"))
    }

    @Test func `several faults are told together`() throws {
        let faults = try faults { parts in
            parts.entries[try parts.index(of: Self.kubelet)].content[100] ^= 1
            parts.entries.remove(at: try parts.index(of: "bin/runc"))
            parts.add("bin/intruder", "x")
        }
        #expect(faults.count == 3)
        #expect(faults.contains { $0.contains("bin/runc: the entry is missing") })
        #expect(faults.contains { $0.contains("bin/intruder: the entry is not listed") })
    }

    @Test func `a wrong mode is found`() throws {
        let faults = try faults { parts in
            let place = try parts.index(of: Self.kubelet)
            let header = parts.entries[place].header
            parts.entries[place].header = TarHeader(path: header.path, mode: 0o4755, size: header.size)
        }
        #expect(faults.count == 1 && faults[0].contains("the entry has mode 04755, and the manifest says 0755"))
    }

    @Test func `an entry that stands twice is found`() throws {
        let faults = try faults { $0.entries.append($0.entries[try $0.index(of: Self.kubelet)]) }
        #expect(faults.count == 1 && faults[0].contains("stands in the archive twice"))
    }

    @Test func `entries out of order are found`() throws {
        let faults = try faults { $0.entries.swapAt(1, 2) }
        #expect(faults.count == 1 && faults[0].contains("not in the manifest's order"))
    }

    @Test(arguments: [
        ("1", "a hard link"), ("2", "a symbolic link"), ("3", "a device"), ("5", "a directory"), ("x", "an extension"),
    ])
    func `anything but a file is refused`(kind: String, name: String) throws {
        let faults = try faults { $0.add("bin/odd", "", kind: try #require(kind.utf8.first)) }
        #expect(faults.count == 1 && faults[0].contains("bin/odd: is \(name)"))
    }

    @Test(arguments: ["../etc/passwd", "bin/../../x", "/etc/passwd", "./bin/x", "bin//x"])
    func `a path that leads elsewhere is refused`(path: String) throws {
        let faults = try faults { $0.add(path, "x") }
        #expect(faults.count == 1 && faults[0].contains("the path"))
    }

    @Test func `a path that leads elsewhere is refused in the manifest too`() throws {
        let faults = try faults { try $0.editManifest { $0.replacing("\"bin/ctr\"", with: "\"../bin/ctr\"") } }
        #expect(faults.contains { $0.contains("../bin/ctr: the path has a part `..`") })
    }

    @Test func `a newer format says which hakube to use`() throws {
        let faults = try faults { try $0.editManifest { $0.replacing("\"format\" : 1", with: "\"format\" : 2") } }
        #expect(faults.count == 1)
        #expect(
            faults[0].contains("the bundle has format 2, this hakube reads format 1; use the hakube that packed it"))
    }

    @Test func `a manifest that leaves an image's blob to nobody is refused`() throws {
        let faults = try faults { parts in
            try parts.editManifest { $0.replacing("\"sha256:", with: "\"sha256:0", maxReplacements: 1) }
        }
        #expect(!faults.isEmpty && faults.allSatisfy { $0.contains("hakube-bundle.json") })
    }

    @Test func `a manifest that is not first makes no bundle`() throws {
        let faults = try faults { $0.entries.swapAt(0, 1) }
        #expect(faults.count == 1 && faults[0].contains("its first entry is bin/containerd"))
    }

    @Test func `a bundle packed for another architecture than its programs is refused`() throws {
        let faults = try faults { try $0.editManifest { $0.replacing("\"amd64\"", with: "\"arm64\"") } }
        #expect(faults.count { $0.contains("the program is for amd64, the bundle is for arm64") } == 12)
        #expect(faults.count { $0.contains("is for linux/amd64, the bundle for linux/arm64") } == 2)
    }

    @Test(arguments: ["", "hello, world", String(repeating: "x", count: 5000)])
    func `a file that is no archive is refused`(text: String) throws {
        let home = try TemporaryFolder()
        try home.write([UInt8](text.utf8), to: "a.tar.zst")
        let faults = try problems(home.path + "/a.tar.zst")
        #expect(faults.count == 1 && faults[0].contains("a.tar.zst: "))
    }

    @Test func `a file that is not there is a sentence`() throws {
        let faults = try problems("/nonexistent/a.tar.zst")
        #expect(
            faults == [
                "/nonexistent/a.tar.zst: cannot open the bundle: No such file or directory; name a bundle file that you can read"
            ])
    }

    @Test func `the list of faults has an end`() throws {
        let faults = try faults { parts in for number in 0..<80 { parts.add("bin/x\(number)", "") } }
        #expect(faults.count == FaultList.limit + 1)
        #expect(faults.last?.contains("30 more faults are not listed") == true)
    }
}

extension TarParts {
    mutating func editManifest(_ edit: (String) -> String) throws {
        let text = [UInt8](edit(String(decoding: entries[0].content, as: UTF8.self)).utf8)
        try #require(text != entries[0].content)
        let header = entries[0].header
        entries[0] = Entry(header: TarHeader(path: header.path, mode: header.mode, size: text.count), content: text)
    }
}
