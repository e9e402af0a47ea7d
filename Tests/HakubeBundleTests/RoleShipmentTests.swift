// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import HakubeTransport
import Testing

@testable import HakubeBundle

struct RoleShipmentTests {
    private func shipment(
        _ role: Role = .node, of folder: BundleFolder, ending: String = "tar.zst"
    ) throws -> (RoleShipment, BundleManifest) {
        let target = folder.home.path + "/a.\(ending)"
        let manifest = try BundlePacker.pack(folder: folder.path, to: target)
        return (try BundleReader(target).shipment(for: role, on: .amd64, of: manifest), manifest)
    }

    @Test(arguments: Role.allCases)
    func `a host gets its files, whole and in the announced number of bytes`(role: Role) throws {
        let folder = try BundleFolder()
        let (shipment, manifest) = try shipment(role, of: folder)
        let source = shipment.tar(of: shipment.items)
        let bytes = try source.allBytes
        #expect(bytes.count == source.byteCount)

        try folder.home.write(bytes, to: "out/role.tar")
        let out = folder.home.path + "/out"
        let names = try Shell.run("tar -tf role.tar", in: out).split(separator: "\n").map(String.init)
        #expect(names == shipment.items.map(\.path))
        #expect(names.suffix(2) == [ImageLayout.index, "SHA256SUMS"])
        #expect(Set(names.dropLast()) == Set(manifest.files(for: role, on: .amd64).map(\.stagePath)))
        _ = try Shell.run(
            "tar -xf role.tar && sha256sum --quiet --strict -c SHA256SUMS && test -x bin/kubelet", in: out)
        #expect(try Shell.run("cat SHA256SUMS", in: out) == shipment.sums)

        let index = try JSONDecoder().decode(
            ImageIndex.self, from: Data(Shell.run("cat images/index.json", in: out).utf8))
        #expect(
            index.manifests.compactMap { $0.annotations?[ImageDescriptor.nameKey] }
                == manifest.images(for: role, on: .amd64).map(\.name))
        #expect(index.manifests.allSatisfy { $0.platform?.architecture == "amd64" })
        #expect(index.manifests.last?.annotations?[ImageDescriptor.tagKey] == "3.10.1")
        #expect(FileManager.default.fileExists(atPath: out + "/manifests") == (role == .master))
    }

    @Test(arguments: ["tar", "tar.gz", "tar.zst"])
    func `what travels of a file is its content, or a frame that unpacks to it`(ending: String) throws {
        let folder = try BundleFolder()
        try folder.write([UInt8](repeating: 7, count: 300_000), to: "files/smooth")
        try folder.write(BundleFolder.noise(300_000), to: "files/rough")
        try folder.write([], to: "files/empty")
        let (shipment, _) = try shipment(of: folder, ending: ending)
        let contents = PlainTar(try shipment.tar(of: shipment.items).allBytes).entries
        for (item, content) in zip(shipment.items, contents) {
            #expect(item.path == content.header.path && item.mode == content.header.mode)
            #expect(item.size == content.content.count && item.sha256 == Digest.hex(of: content.content))
            var cursor = try shipment.cursor(of: item, from: 0)
            let wire = try cursor.allBytes
            #expect(wire.count == item.wire, "\(item.path)")
            #expect(try item.form == .zstd ? Self.unpacked(wire, folder) == content.content : wire == content.content)
        }
        let forms = Dictionary(shipment.items.map { ($0.path, $0.form) }) { first, _ in first }
        #expect(forms["files/smooth"] == (ending == "tar.zst" ? .zstd : .raw))
        #expect(forms["files/rough"] == .raw && forms["files/empty"] == .raw && forms["SHA256SUMS"] == .raw)
    }

    @Test(arguments: ["tar", "tar.gz", "tar.zst"])
    func `an item can be taken up at any of its bytes`(ending: String) throws {
        let folder = try BundleFolder()
        try folder.write([UInt8](repeating: 7, count: 300_000), to: "files/smooth")
        try folder.write(BundleFolder.noise(300_000), to: "files/rough")
        let (shipment, _) = try shipment(of: folder, ending: ending)
        for item in shipment.items where item.path.hasPrefix("files/") || item.path == "SHA256SUMS" {
            var first = try shipment.cursor(of: item, from: 0)
            let whole = try first.allBytes
            for offset in [1, item.wire / 3, item.wire - 1, item.wire] {
                var cursor = try shipment.cursor(of: item, from: offset)
                let piece = try cursor.next(upTo: 100)
                #expect(piece == Array(whole.dropFirst(offset).prefix(100)), "\(item.path) from \(offset)")
                #expect(try piece + cursor.allBytes == Array(whole.dropFirst(offset)))
            }
        }
    }

    @Test(arguments: [-1, 1]) func `a place behind an item's end or before its beginning is refused`(by: Int) throws {
        let (shipment, _) = try shipment(of: BundleFolder())
        for item in shipment.items {
            let offset = by < 0 ? by : item.wire + by
            let error = #expect(throws: BundleError.self) { try shipment.cursor(of: item, from: offset) }
            #expect(try #require(error).description.contains("bytes cannot be there already"))
        }
    }

    @Test func `several hosts read side by side`() async throws {
        let folder = try BundleFolder()
        let (shipment, _) = try shipment(.master, of: folder)
        let wire = shipment.items.reduce(0) { $0 + $1.wire }
        let counts = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<5 {
                group.addTask {
                    try shipment.items.reduce(0) { sum, item in
                        var cursor = try shipment.cursor(of: item, from: 0)
                        return sum + (try cursor.allBytes.count)
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(counts == Array(repeating: wire, count: 5))
    }

    @Test func `a bundle that changes after it was verified never completes a plain stage`() throws {
        let folder = try BundleFolder()
        let target = folder.home.path + "/a.tar"
        let manifest = try BundlePacker.pack(folder: folder.path, to: target)
        var file = try folder.home.bytes("a.tar")
        let kubelet = try BundleReader(target).open().head.frames.first { $0.file.path == "amd64/bin/kubelet" }
        file[try #require(kubelet).start + 1000] ^= 1
        try folder.home.write(file, to: "a.tar")
        var bytes: [UInt8] = []
        let shipment = try BundleReader(target).shipment(for: .node, on: .amd64, of: manifest)
        let error = #expect(throws: BundleError.self) {
            try shipment.tar(of: shipment.items).read { bytes += $0 }
        }
        #expect(try #require(error).description.contains("bin/kubelet: its bytes in the file have sha256"))
        #expect(!PlainTar(bytes).entries.contains { $0.header.path == "SHA256SUMS" })
    }

    @Test func `a bundle cut short while it is sent is told, and no byte is made up`() throws {
        let folder = try BundleFolder()
        try folder.write(BundleFolder.noise(300_000), to: "files/rough")
        let (shipment, _) = try shipment(of: folder, ending: "tar")
        let item = try #require(shipment.items.first { $0.path == "files/rough" })
        var cursor = try shipment.cursor(of: item, from: 0)
        _ = try cursor.next(upTo: 1000)
        #expect(truncate(folder.home.path + "/a.tar", 4096) == 0)
        let error = #expect(throws: BundleError.self) { try cursor.allBytes }
        #expect(try #require(error).description.contains("files/rough: the file ends in the middle of it"))
    }

    @Test func `another file in the bundle's place is not sent`() throws {
        let folder = try BundleFolder()
        let (_, manifest) = try shipment(of: folder)
        try folder.write("new", to: "files/note")
        _ = try folder.packed("a.tar.zst")
        let reader = BundleReader(folder.home.path + "/a.tar.zst")
        let error = #expect(throws: BundleError.self) { try reader.shipment(for: .node, on: .amd64, of: manifest) }
        #expect(try #require(error).description.contains("the file was replaced since it was verified"))
    }

    @Test func `what the receiver throws ends the stream`() throws {
        struct Stop: Error {}
        let folder = try BundleFolder()
        let (shipment, _) = try shipment(of: folder)
        #expect(throws: Stop.self) { try shipment.tar(of: shipment.items).read { _ in throw Stop() } }
    }

    @Test func `a text of the bundle can be read by itself`() throws {
        let folder = try BundleFolder()
        let reader = BundleReader(try folder.packed("a.tar.zst"))
        #expect(try reader.manifestText("manifests/pod-network.yaml").contains(BundleFolder.pause))
        let error = #expect(throws: BundleError.self) { try reader.manifestText("manifests/other.yaml") }
        #expect(try #require(error).description.contains("the bundle has no such file"))
    }

    /// As a host does it: the frame is one tar entry.
    private static func unpacked(_ wire: [UInt8], _ folder: BundleFolder) throws -> [UInt8] {
        try folder.home.write(wire, to: "frame.zst")
        let file = try BundleFile(path: folder.home.path + "/frame.zst")
        let input = try FrameInput(file, 0..<file.size)
        var bytes: [UInt8] = []
        while let block = try input.next() { bytes += block }
        return try #require(PlainTar(bytes).entries.first).content
    }
}

extension ByteSource {
    var allBytes: [UInt8] {
        get throws {
            var bytes: [UInt8] = []
            try read { bytes += $0 }
            return bytes
        }
    }
}

extension ShipmentCursor {
    /// What is left, in pieces of an odd size.
    var allBytes: [UInt8] {
        mutating get throws {
            var bytes: [UInt8] = []
            while true {
                let piece = try next(upTo: 65_521)
                guard !piece.isEmpty else { return bytes }
                bytes += piece
            }
        }
    }
}
