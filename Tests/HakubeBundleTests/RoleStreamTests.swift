// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import Testing

@testable import HakubeBundle

struct RoleStreamTests {
    private func stream(_ role: Role, of folder: BundleFolder) throws -> (RoleStream, BundleManifest) {
        let target = folder.home.path + "/a.tar.zst"
        let manifest = try BundlePacker.pack(folder: folder.path, to: target)
        return (try BundleReader(target).source(for: role, on: .amd64, of: manifest), manifest)
    }

    @Test(arguments: Role.allCases)
    func `a host gets its files, whole and in the announced number of bytes`(role: Role) throws {
        let folder = try BundleFolder()
        let (source, manifest) = try stream(role, of: folder)
        var bytes: [UInt8] = []
        try source.read { bytes += $0 }
        #expect(bytes.count == source.byteCount)

        try folder.home.write(bytes, to: "out/role.tar")
        let out = folder.home.path + "/out"
        let names = try Shell.run("tar -tf role.tar", in: out).split(separator: "\n").map(String.init)
        #expect(names == manifest.files(for: role, on: .amd64).map(\.stagePath) + ["SHA256SUMS"])
        _ = try Shell.run(
            "tar -xf role.tar && sha256sum --quiet --strict -c SHA256SUMS && test -x bin/kubelet", in: out)
        #expect(try Shell.run("cat SHA256SUMS", in: out) == source.sums)

        let index = try JSONDecoder().decode(
            ImageIndex.self, from: Data(Shell.run("cat images/index.json", in: out).utf8))
        #expect(
            index.manifests.compactMap { $0.annotations?[ImageDescriptor.nameKey] }
                == manifest.images(for: role, on: .amd64).map(\.name))
        #expect(index.manifests.allSatisfy { $0.platform?.architecture == "amd64" })
        #expect(index.manifests.last?.annotations?[ImageDescriptor.tagKey] == "3.10.1")
        #expect(FileManager.default.fileExists(atPath: out + "/manifests") == (role == .master))
    }

    @Test func `several hosts read side by side`() async throws {
        let folder = try BundleFolder()
        let (source, _) = try stream(.master, of: folder)
        let counts = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<5 {
                group.addTask {
                    var count = 0
                    try source.read { count += $0.count }
                    return count
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(counts == Array(repeating: source.byteCount, count: 5))
    }

    @Test func `a bundle that changes after it was verified never completes a stage`() throws {
        let folder = try BundleFolder()
        let target = folder.home.path + "/a.tar"
        let manifest = try BundlePacker.pack(folder: folder.path, to: target)
        var file = try folder.home.bytes("a.tar")
        let kubelet = try BundleReader(target).open().head.frames.first { $0.file.path == "amd64/bin/kubelet" }
        file[try #require(kubelet).start + 1000] ^= 1
        try folder.home.write(file, to: "a.tar")
        var bytes: [UInt8] = []
        let source = try BundleReader(target).source(for: .node, on: .amd64, of: manifest)
        let error = #expect(throws: BundleError.self) { try source.read { bytes += $0 } }
        #expect(try #require(error).description.contains("bin/kubelet: its bytes in the file have sha256"))
        #expect(!PlainTar(bytes).entries.contains { $0.header.path == "SHA256SUMS" })
    }

    @Test func `what the receiver throws ends the stream`() throws {
        struct Stop: Error {}
        let folder = try BundleFolder()
        let (source, _) = try stream(.node, of: folder)
        #expect(throws: Stop.self) { try source.read { _ in throw Stop() } }
    }

    @Test func `a text of the bundle can be read by itself`() throws {
        let folder = try BundleFolder()
        let (_, _) = try stream(.node, of: folder)
        let reader = BundleReader(folder.home.path + "/a.tar.zst")
        #expect(try reader.manifestText("manifests/pod-network.yaml").contains(BundleFolder.pause))
        let error = #expect(throws: BundleError.self) { try reader.manifestText("manifests/other.yaml") }
        #expect(try #require(error).description.contains("the bundle has no such file"))
    }
}
