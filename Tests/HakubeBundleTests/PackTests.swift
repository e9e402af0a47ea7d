// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import Testing

@testable import HakubeBundle

struct PackTests {
    @Test(arguments: ["tar", "tar.gz", "tar.zst"])
    func `the same folder gives the same bytes, and they verify`(ending: String) throws {
        let folder = try BundleFolder()
        let names = ["a.\(ending)", "b.\(ending)"].map { "\(folder.home.path)/\($0)" }
        let packed = try BundlePacker.pack(folder: folder.path, to: names[0])
        // Dates and modes of the folder's files must not show.
        for file in packed.files {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: 1e9), .posixPermissions: 0o600],
                ofItemAtPath: "\(folder.path)/\(file.stagePath)")
        }
        let again = try BundlePacker.pack(folder: folder.path, to: names[1])
        #expect(packed == again)
        #expect(try folder.home.bytes("a.\(ending)") == folder.home.bytes("b.\(ending)"))
        #expect(try BundleReader(names[0]).manifest() == packed)
        #expect(try BundleReader(names[0]).verify() == packed)
        #expect(!FileManager.default.fileExists(atPath: names[0] + ".part"))
    }

    @Test func `whether a program has its x bit does not show`() throws {
        let folder = try BundleFolder()
        try folder.write("kubernetes: v1.34.2\narch: amd64\n", to: "bundle.yaml")
        let answers = [
            "kubeadm": "[ $1 = version ] && echo v1.34.2", "kubelet": "echo Kubernetes v1.34.2",
            "kubectl": #"printf '{\n "gitVersion": "v1.34.2",\n}\n'"#,
            "containerd": "echo containerd github.com/containerd/containerd v2.1.5 0",
            "runc": "echo runc version 1.3.0",
        ]
        for (name, answer) in answers { try folder.write("#!/bin/sh\n\(answer)\n", to: "bin/\(name)") }
        for (name, mode) in [("a.tar", 0o755), ("b.tar", 0o644)] {
            for program in answers.keys {
                try FileManager.default.setAttributes(
                    [.posixPermissions: mode], ofItemAtPath: "\(folder.path)/bin/\(program)")
            }
            let manifest = try BundleReader(try folder.packed(name)).verify()
            try #require(Architecture.ofThisMachine == .amd64)
            #expect(
                manifest.components.map { "\($0.name) \($0.version)" } == [
                    "containerd 2.1.5", "kubeadm 1.34.2", "kubectl 1.34.2", "kubelet 1.34.2", "runc 1.3.0",
                ])
        }
        #expect(try folder.home.bytes("a.tar") == folder.home.bytes("b.tar"))
    }

    @Test func `a file that somebody else writes is left to them`() throws {
        let folder = try BundleFolder()
        let target = folder.home.path + "/a.tar"
        let other = try PartFile(path: target)
        let error = #expect(throws: BundleError.self) { try BundlePacker.pack(folder: folder.path, to: target) }
        #expect(try #require(error).description.contains("a.tar.part: another program writes to it"))
        try other.write([1])
        try other.finish()
        #expect(try folder.home.bytes("a.tar") == [1])
        #expect(try BundlePacker.pack(folder: folder.path, to: target).kubernetes == "v1.34.2")
    }

    @Test func `a bundle that does not fit is refused before the work`() {
        let error = #expect(throws: BundleError.self) { try DiskSpace.require(1 << 60, in: "/") }
        #expect(error?.description.contains("free some space") == true)
        #expect(throws: Never.self) { try DiskSpace.require(0, in: "/") }
    }

    @Test func `the manifest says who gets what`() throws {
        let folder = try BundleFolder()
        let manifest = try BundlePacker.pack(folder: folder.path, to: folder.home.path + "/a.tar")
        #expect(manifest.kubernetes == "v1.34.2" && manifest.arches == [.amd64])
        #expect(manifest.images.map(\.name) == BundleFolder.images)
        #expect(manifest.image(named: BundleFolder.apiserver, on: .amd64)?.roles == ["master"])
        #expect(manifest.image(named: BundleFolder.pause, on: .amd64)?.roles == ["master", "node"])
        #expect(manifest.file(at: "manifests/pod-network.yaml")?.roles == ["master"])
        #expect(manifest.file(at: "amd64/bin/kubelet")?.mode == 0o755)
        #expect(manifest.file(at: "images/index.json")?.mode == 0o644)
        // A master's only: manifest, configuration and own layer of the API server's image, not the layer it shares.
        let masterBlobs = manifest.files.filter { $0.path.hasPrefix("images/blobs") && $0.roles == ["master"] }
        #expect(masterBlobs.count == 3)
        #expect(manifest.byteCount(for: .master, on: .amd64) > manifest.byteCount(for: .node, on: .amd64))
    }

    @Test func `the manifest is the first entry and can be read with tar alone`() throws {
        let folder = try BundleFolder()
        let manifest = try BundlePacker.pack(folder: folder.path, to: folder.home.path + "/a.tar.gz")
        let list = try Shell.run("tar -tf a.tar.gz", in: folder.home.path)
        let names = list.split(separator: "\n").map(String.init)
        #expect(names == ["hakube-bundle.json", "hakube-bundle.sig"] + manifest.files.map(\.path))
        let text = try Shell.run("tar -xOf a.tar.gz hakube-bundle.json", in: folder.home.path)
        #expect(try JSONDecoder().decode(BundleManifest.self, from: Data(text.utf8)) == manifest)
        #expect(text.contains(#""mode" : "0755""#))
    }

    @Test func `progress ends at its total`() throws {
        let folder = try BundleFolder()
        let target = folder.home.path + "/a.tar.zst"
        nonisolated(unsafe) var last = (0, 1)
        _ = try BundlePacker.pack(folder: folder.path, to: target) { last = ($0, $1) }
        #expect(last.0 == last.1 && last.1 > 60_000)
        _ = try BundleReader(target).verify { last = ($0, $1) }
        let stored = try folder.home.bytes("a.tar.zst").count
        #expect(last == (stored, stored))
    }

    @Test func `a file in the way stays whole when packing fails`() throws {
        let folder = try BundleFolder()
        let target = folder.home.path + "/a.tar"
        try folder.home.write([1, 2, 3], to: "a.tar")
        try folder.remove("bin/kubelet")
        #expect(throws: BundleError.self) { try BundlePacker.pack(folder: folder.path, to: target) }
        #expect(try folder.home.bytes("a.tar") == [1, 2, 3])
    }

    @Test func `a cancelled task leaves nothing behind`() async throws {
        let folder = try BundleFolder()
        let target = folder.home.path + "/a.tar"
        let task = Task {
            try BundlePacker.pack(folder: folder.path, to: target) { done, total in
                if done > total / 2 { withUnsafeCurrentTask { $0?.cancel() } }
            }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.home.path) == ["in"])
    }
}
