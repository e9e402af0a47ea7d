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

    @Test(arguments: [
        ("bin/kubelet: [master]", "amd64/bin/kubelet: a node does not get the program, and needs it"),
        ("cni/loopback: [node]", "amd64/cni/loopback: a master does not get the program, and needs it"),
        ("images/registry.k8s.io/kube-proxy: [master]", "(amd64): a node does not get the image, and needs it"),
        ("images/registry.k8s.io/etcd: [node]", "(amd64): a master does not get the image, and needs it"),
        ("images/registry.k8s.io/pause: [node]", "names the image \(BundleFolder.pause), which a master does not get"),
    ])
    func `a host that would lack something is a fault`(rule: String, fault: String) throws {
        let folder = try BundleFolder()
        try folder.write(
            "kubernetes: v1.34.2\narch: amd64\n\(BundleFolder.components)\nroles: {\(rule)}\n", to: "bundle.yaml")
        let error = #expect(throws: BundleError.self) { try folder.packed() }
        #expect(try #require(error).description.contains(fault), "\(String(describing: error))")
    }

    @Test func `a version that nothing tells is a fault`() throws {
        let folder = try BundleFolder()
        try folder.write("kubernetes: v1.34.2\narch: amd64\n", to: "bundle.yaml")
        let error = #expect(throws: BundleError.self) { try folder.packed() }
        let problems = try #require(error).problems.map(\.description)
        for name in ["containerd", "kubeadm", "kubectl", "kubelet"] {
            #expect(problems.contains { $0.contains("\(name): nothing tells its version") }, "\(problems)")
        }
        #expect(problems.count == 4)
    }

    @Test(arguments: ["manifests/a.yml", "manifests/.gitkeep", "manifests/A.yaml", "manifests/a-.yaml", "files/.x"])
    func `a name that means something else elsewhere is refused`(name: String) throws {
        let folder = try BundleFolder()
        try folder.write("kind: List\n", to: name)
        let error = #expect(throws: BundleError.self) { try folder.packed() }
        #expect(try #require(error).problems.count == 1)
        #expect(try #require(error).description.contains("\(folder.path): \(name): "))
    }

    @Test func `what a terminal would act on is written out, and a list of faults has its end`() {
        #expect(Shown.text("a\u{1b}[2Jb\u{202e}c\nd") == #"a\u{1b}[2Jb\u{202e}c\u{a}d"#)
        #expect(Shown.text(String(repeating: "é", count: 5000)).count == 601)
        var faults = FaultList("x")
        let many = (0..<80).map { Problem(place: "\($0)", message: "is bad", remedy: "mend it") }
        faults.add(BundleError(problems: many))
        #expect(faults.problems.count == FaultList.limit)
    }

    @Test func `a variant for another architecture than its platform says is refused`() throws {
        let folder = try BundleFolder(arches: ["amd64", "arm64"])
        try folder.swapPauseVariants()
        let error = #expect(throws: BundleError.self) { try folder.packed() }
        #expect(
            try #require(error).description.contains(
                "has a variant for linux/amd64 whose configuration says linux/arm64"))
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
    private func contents() throws -> [String: Content] {
        try FolderScan(folder: path).files.reduce(into: [:]) { contents, file in
            var scan = ContentScan(path: file.path)
            try FileBytes.read(file.source) { scan.update($0) }
            contents[file.path] = scan.finish()
        }
    }

    /// Puts the pause images of both architectures behind one index, each by the other's platform.
    func swapPauseVariants() throws {
        let images = ImageLayout(contents: try contents(), arches: [.amd64, .arm64], subject: path).images
        func line(_ image: BundleManifest.Image, _ arch: Architecture, _ more: String = "") -> String {
            let platform = #"{"architecture":"\#(arch.rawValue)","os":"linux"}"#
            return
                #"{"mediaType":"\#(image.mediaType)","digest":"\#(image.digest)","size":\#(image.size),"platform":\#(platform)\#(more)}"#
        }
        func name(_ name: String) -> String { #""annotations":{"io.containerd.image.name":"\#(name)"}"# }
        let swapped = images.filter { $0.name == Self.pause }.map { line($0, $0.arch == .amd64 ? .arm64 : .amd64) }
        let text = #"{"schemaVersion":2,"manifests":[\#(swapped.joined(separator: ","))]}"#
        let digest = ImageDigest.prefix + Digest.hex(of: Array(text.utf8))
        try write(text, to: ImageLayout.path(ofBlob: digest))
        let lines =
            images.filter { $0.name != Self.pause }.map { line($0, $0.arch, "," + name($0.name)) } + [
                #"{"mediaType":"\#(ImageMediaType.index)","digest":"\#(digest)","size":\#(text.utf8.count),\#(name(Self.pause))}"#
            ]
        try write(#"{"schemaVersion":2,"manifests":[\#(lines.joined(separator: ","))]}"#, to: ImageLayout.index)
    }

    /// Puts the pause image behind an index that also names a platform whose blobs are not there.
    func wrapPauseInIndex(ours: String) throws -> String {
        let images = ImageLayout(contents: try contents(), arches: [.amd64], subject: path).images
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
