// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeBundle
import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubeImport

/// Saved images become an OCI layout in which every byte is proved.
@Suite struct ImageArchiveTests {
    private let home: ScratchFolder

    init() throws { home = try ScratchFolder() }

    private func layout(
        of tar: [UInt8], for arch: Architecture? = .amd64
    ) throws -> (names: [String], unnamed: Int, index: ImageDocument) {
        for left in ["out", "images"] where home.has(left) { try home.remove(left) }
        try home.write(tar, to: "in.tar")
        try home.write([], to: "out/.keep")
        let tree = try ArchiveExtractor(budget: ImportBudget(ImportLimits())).extract(
            home.place("in.tar"), called: "in.tar", to: home.place("out"))
        let store = try ImageStore(folder: home.place("images"), limits: ImportLimits())
        let found: (names: [ImageName], unnamed: Int)
        if tree.path(of: LayoutArchive.marker) != nil {
            found = try LayoutArchive(tree: tree, store: store, limits: ImportLimits()).add(for: arch)
        } else {
            var archive = DockerArchive(tree: tree, store: store, limits: ImportLimits())
            found = try archive.add(for: arch)
        }
        try store.finish()
        let bytes = try home.bytes(of: "images/index.json")
        return (found.names.map(\.text), found.unnamed, try JSONDecoder().decode(ImageDocument.self, from: Data(bytes)))
    }

    private func refusal(of tar: [UInt8], for arch: Architecture? = .amd64) -> String {
        do {
            _ = try layout(of: tar, for: arch)
            return "nothing was refused"
        } catch { return "\(error)" }
    }

    private func manifest(_ descriptor: ImageDescriptor) throws -> ImageDocument {
        let bytes = try home.bytes(of: "images/blobs/sha256/\(descriptor.digest.dropFirst(7))")
        #expect(ImageDigest.of(bytes) == descriptor.digest && bytes.count == descriptor.size)
        return try JSONDecoder().decode(ImageDocument.self, from: Data(bytes))
    }

    @Test(arguments: [false, true])
    func `a docker-archive keeps its layers, shares those that are links, and gets full names`(linksHard: Bool) throws {
        var saved = SavedImages()
        saved.add([SavedImages.apiserver], layers: [SavedImages.shared, noise(900)])
        saved.add(["busybox:1.35", "calico/node:v3.8"], linksHard: linksHard)
        saved.add([])
        let (names, unnamed, index) = try layout(of: saved.dockerArchive)
        #expect(
            names == [SavedImages.apiserver, "docker.io/library/busybox:1.35", "docker.io/calico/node:v3.8"])
        #expect(unnamed == 1)
        let entries = try #require(index.manifests)
        #expect(entries.map { $0.annotations?[ImageDescriptor.nameKey] } == names.sorted())
        #expect(entries.allSatisfy { $0.platform?.architecture == "amd64" })
        let shared = ImageDigest.of(SavedImages.shared)
        for entry in entries {
            let document = try manifest(entry)
            #expect(document.layers?.first?.digest == shared)
            #expect(document.layers?.first?.mediaType == ImageMediaType.layer)
        }
        #expect(try home.bytes(of: "images/blobs/sha256/\(shared.dropFirst(7))") == SavedImages.shared)
    }

    @Test(arguments: [("gzip -n", "+gzip"), ("zstd -q", "+zstd")])
    func `a compressed layer stays so, and what is in it is proved`(compressor: String, suffix: String) throws {
        let packed = try LocalTool.run(compressor, on: noise(7000))
        var saved = SavedImages()
        saved.add(["a.b/c:1"], layers: [packed], diffIDs: [ImageDigest.of(noise(7000))])
        let index = try layout(of: saved.dockerArchive).index
        let image = try #require(index.manifests?.first)
        let layer = try #require(try manifest(image).layers?.first)
        #expect(layer.mediaType == ImageMediaType.layer + suffix)
        #expect(layer.digest == ImageDigest.of(packed))
        var wrong = SavedImages()
        wrong.add(["a.b/c:1"], layers: [packed], diffIDs: [ImageDigest.of(noise(7001))])
        #expect(refusal(of: wrong.dockerArchive).contains("has the digest \(ImageDigest.of(noise(7000))), not"))
    }

    @Test func `what is not whole is refused with the image's name`() throws {
        var wrong = SavedImages()
        wrong.add(["a.b/c:1"], diffIDs: [ImageDigest.of([1])])
        #expect(refusal(of: wrong.dockerArchive).contains("the image a.b/c:1 is not whole: its layer"))
        var short = SavedImages()
        short.add(["a.b/c:1"], diffIDs: [])
        #expect(refusal(of: short.dockerArchive).contains("it has 1 layers, and its configuration names 0"))
        var lacking = TarBuilder()
        lacking.add("manifest.json", #"[{"Config":"x.json","RepoTags":["a.b/c:1"],"Layers":[]}]"#)
        #expect(refusal(of: lacking.whole).contains("its configuration x.json is missing"))
        var outside = TarBuilder()
        outside.add("c.json", #"{"architecture":"amd64","os":"linux","rootfs":{"diff_ids":["sha256:0"]}}"#)
        outside.add("l/layer.tar", kind: .link, target: "../../../etc/passwd")
        outside.add("manifest.json", #"[{"Config":"c.json","RepoTags":["a.b/c:1"],"Layers":["l/layer.tar"]}]"#)
        #expect(refusal(of: outside.whole).contains("its layer l/layer.tar is missing"))
        var rubbish = TarBuilder()
        rubbish.add("manifest.json", "[[[[")
        #expect(refusal(of: rubbish.whole).contains("its manifest.json is not what `docker save` writes"))
        var arm = SavedImages()
        arm.add(["a.b/c:1"], arch: "arm64")
        #expect(refusal(of: arm.dockerArchive).contains("is for linux/arm64, and all else for linux/amd64"))
        var name = SavedImages()
        name.add(["../../c:1"])
        #expect(refusal(of: name.dockerArchive).contains("is no name of an image"))
    }

    @Test func `two images of one name are refused unless they are the same`() throws {
        var twice = SavedImages()
        twice.add(["a.b/c:1"])
        twice.add(["a.b/c:1"], layers: [noise(10)])
        #expect(refusal(of: twice.dockerArchive).contains("is there twice, and the two are not the same"))
    }

    @Test func `of an index the one variant is taken, though blobs of the others are not there`() throws {
        var saved = SavedLayout()
        let variants = [
            ("s390x", saved.manifest(arch: "s390x", isThere: false)), ("amd64", saved.manifest(arch: "amd64")),
            ("arm64", saved.manifest(arch: "arm64")),
        ]
        saved.name(saved.index(of: variants), "k8s.gcr.io/pause:3.2")
        saved.name(saved.manifest(arch: "amd64"), "docker.io/library/x:1", key: ImageDescriptor.tagKey)
        let (names, _, index) = try layout(of: saved.archive)
        #expect(names == ["k8s.gcr.io/pause:3.2", "docker.io/library/x:1"])
        #expect(try index.manifests?.map { try manifest($0).config != nil } == [true, true])
        #expect(try layout(of: saved.archive).index.manifests?.count == 2)
        #expect(refusal(of: saved.archive, for: .ppc64le).contains("has no variant for linux/ppc64le"))
    }

    @Test func `a blob with other bytes than its name is refused`() throws {
        var saved = SavedLayout()
        saved.name(saved.manifest(arch: "amd64"), "a.b/c:1")
        var bytes = saved.archive
        let layer = noise(500)
        let place = try #require(bytes.firstRange(of: layer)).lowerBound
        bytes[place + 100] ^= 1
        #expect(refusal(of: bytes).contains("has other bytes"))
        var missing = SavedLayout()
        missing.name(missing.manifest(arch: "amd64", isThere: false), "a.b/c:1")
        #expect(refusal(of: missing.archive).contains("has no variant"))
    }

    @Test(arguments: [
        ("busybox", "docker.io/library/busybox:latest"), ("busybox:1.35", "docker.io/library/busybox:1.35"),
        ("calico/node:v3", "docker.io/calico/node:v3"), ("localhost/x", "localhost/x:latest"),
        ("a.b:5000/c/d:1", "a.b:5000/c/d:1"),
        ("a.b/c@sha256:\(String(repeating: "a", count: 64))", "a.b/c@sha256:\(String(repeating: "a", count: 64))"),
    ])
    func `a short name means what the kubelet takes it for`(short: String, full: String) {
        #expect(ImageName(short)?.text == full)
    }

    @Test(arguments: ["", "/", "a//b:1", "a.b/../c:1", "a.b/c:", "a b:1", "a.b/c@sha256:1", "a.b/c:\n"])
    func `what is no name is none`(text: String) {
        #expect(ImageName(text) == nil)
    }
}
