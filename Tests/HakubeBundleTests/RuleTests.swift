// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

@testable import HakubeBundle

struct RuleTests {
    private let rules = BundleDescription(
        yaml: """
            kubernetes: v1.34.2
            arch: arm64
            roles:
              images/registry.k8s.io/*: [master]
              images/registry.k8s.io/pause: [node, master]
              images/registry.k8s.io/pause:3.9: [node]
              manifests/*: master
            """, subject: "in")

    @Test(arguments: [
        ("images/registry.k8s.io/etcd:3.6", ["master"]), ("images/registry.k8s.io/pause:3.10", ["master", "node"]),
        ("images/registry.k8s.io/pause:3.9", ["node"]), ("images/registry.k8s.io/pauses:1", ["master"]),
        ("images/quay.io/x/y:1", ["master", "node"]), ("manifests/a.yaml", ["master"]),
        ("bin/ctr", ["master", "node"]),
    ])
    func `the closest rule decides, and without one both roles get it`(subject: String, roles: [String]) {
        #expect(rules.faults.isEmpty)
        #expect(rules.rules.roles(for: subject) == roles)
    }

    @Test(arguments: [
        "registry.k8s.io/pause:3.10", "localhost/x:1", "localhost:5000/a/b:v1.0_x", "docker.io/library/busybox:1.35",
        "quay.io/a/b@sha256:" + String(repeating: "a", count: 64),
    ])
    func `a full image name is taken`(name: String) { #expect(ImageName.isFull(name)) }

    @Test(arguments: [
        "", "pause", "library/busybox:1", "quay.io/a/b", "quay.io//b:1", "quay.io/a:", "quay.io/a:b:c", "quay.io/A:1",
        "quay.io/a b:1", "quay.io/a@sha256:12", "quay.io/a:-1",
    ])
    func `a name that containerd would file elsewhere is not`(name: String) { #expect(!ImageName.isFull(name)) }

    @Test(arguments: [(UInt8(62), "amd64"), (183, "arm64"), (21, "ppc64le"), (3, "machine 3")])
    func `a program says what it is for`(machine: UInt8, name: String) {
        #expect(ELF.architecture(BundleFolder.program(machine: machine)) == name)
    }

    @Test func `big-endian programs are s390x`() {
        var head = BundleFolder.program()
        head.replaceSubrange(5..<6, with: [2])
        head.replaceSubrange(18..<20, with: [0, 22])
        #expect(ELF.architecture(head) == "s390x")
        #expect(ELF.architecture(Array("#!/bin/sh\n".utf8)) == nil)
    }

    @Test func `a header reads back as it was written`() {
        let header = TarHeader(
            path: "images/blobs/sha256/" + String(repeating: "f", count: 64), mode: 0o755, size: 8_589_934_591)
        #expect(TarHeader(block: header.block) == header)
        var block = header.block
        block[0] ^= 1
        #expect(TarHeader(block: block) == nil)
    }

    @Test func `an image of several platforms needs only ours`() throws {
        let folder = try BundleFolder()
        let digest = try folder.wrapPauseInIndex(ours: "amd64")
        let target = folder.home.path + "/a.tar"
        let manifest = try BundlePacker.pack(folder: folder.path, to: target)
        #expect(manifest.image(named: BundleFolder.pause, on: .amd64)?.digest == digest)
        #expect(manifest.image(named: BundleFolder.pause, on: .amd64)?.blobs.count == 5)
        #expect(try BundleReader(target).verify() == manifest)

        let other = try BundleFolder()
        _ = try other.wrapPauseInIndex(ours: "s390x")
        let error = #expect(throws: BundleError.self) { try BundlePacker.pack(folder: other.path, to: target) }
        #expect(try #require(error).description.contains("has no variant for linux/amd64"))
    }
}

extension BundleFolder {
    /// Puts the pause image behind an index that also names a platform whose blobs are not there.
    func wrapPauseInIndex(ours: String) throws -> String {
        let folder = try FolderScan(folder: path)
        var contents: [String: Content] = [:]
        for file in folder.files {
            var scan = ContentScan(path: file.path)
            try FileBytes.read(file.source) { scan.update($0) }
            contents[file.path] = scan.finish()
        }
        let images = ImageLayout(contents: contents, arches: [.amd64], subject: path).images
        let pause = try #require(images.first { $0.name == Self.pause })
        let others = images.filter { $0.name != Self.pause }
        func descriptor(_ image: BundleManifest.Image, _ extra: String) -> String {
            #"{"mediaType":"\#(image.mediaType)","digest":"\#(image.digest)","size":\#(image.size),\#(extra)}"#
        }
        func platform(_ arch: String) -> String { #""platform":{"architecture":"\#(arch)","os":"linux"}"# }
        let absent = BundleManifest.Image(
            name: "", arch: .amd64, mediaType: pause.mediaType,
            digest: ImageDigest.prefix + String(repeating: "0", count: 64), size: 9,
            blobs: [], roles: [])
        let text =
            #"{"schemaVersion":2,"manifests":["# + descriptor(pause, platform(ours)) + ","
            + descriptor(absent, platform("riscv64")) + "]}"
        let digest = ImageDigest.prefix + Digest.hex(of: Array(text.utf8))
        try write(text, to: ImageLayout.path(ofBlob: digest))
        let index = BundleManifest.Image(
            name: Self.pause, arch: .amd64, mediaType: ImageMediaType.index, digest: digest, size: text.utf8.count,
            blobs: [],
            roles: [])
        func name(_ name: String) -> String { #""annotations":{"io.containerd.image.name":"\#(name)"}"# }
        try write(
            #"{"schemaVersion":2,"manifests":["#
                + (others.map { descriptor($0, name($0.name)) } + [descriptor(index, name(Self.pause))])
                .joined(separator: ",") + "]}", to: ImageLayout.index)
        return digest
    }
}
