// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
@testable import HakubeFetch
import HakubeModel
import HakubeTestSupport
import Testing

@Suite(.enabled(if: RegistryServer.isAvailable, "docker-registry is not installed; run scripts/setup.sh"))
struct ImagePullTests {
    private let scene = FetchScene()
    private typealias Content = RegistryContent

    /// A multi-architecture image of two layers, one of them shared by both.
    private func sample(
        _ repository: String, tag: String = "v1", shared: [UInt8] = FetchScene.content(60_000, seed: 3),
        isDocker: Bool = false
    ) throws -> (content: Content, index: Content.Descriptor, amd64: Content.Descriptor, arm64: Content.Descriptor) {
        var content = Content(repository)
        let type = isDocker ? Content.dockerManifest : Content.ociManifest
        let amd64 = try content.image(
            "amd64", layers: [shared, FetchScene.content(9000, seed: 4)], mediaType: type)
        let arm64 = try content.image(
            "arm64", layers: [shared, FetchScene.content(9001, seed: 5)], mediaType: type)
        let attestation = try content.image("unknown", layers: [FetchScene.content(10, seed: 6)])
        let index = try content.index(
            [
                amd64.on("amd64", variant: isDocker ? nil : "v1"), arm64.on("arm64", variant: "v8"),
                attestation.on("unknown", os: "unknown").annotated([
                    "vnd.docker.reference.type": "attestation-manifest"
                ]),
            ], tag: tag, mediaType: isDocker ? Content.dockerList : Content.ociIndex)
        return (content, index, amd64, arm64)
    }

    private func options(_ registry: String, mirrored: Bool = true) -> FetchOptions {
        FetchOptions(
            mirrors: mirrored ? [Mirror(from: "registry.k8s.io", to: registry)] : [], plainHTTP: [registry])
    }

    private func names(_ layout: String) throws -> [String] {
        try ImageLayoutFolder(layout).entries().map { "\($0.name) \($0.arch.rawValue) \($0.digest)" }
    }

    private func blobs(_ layout: String) throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: "\(layout)/blobs/sha256").map { "sha256:\($0)" })
    }

    @Test(arguments: [true, false])
    func `two architectures come out of one list, without attestations`(isDocker: Bool) async throws {
        let registry = try await RegistryServer()
        let image = try sample("coredns/coredns", isDocker: isDocker)
        try registry.push(image.content)
        let layout = scene.path("images")
        let puller = ImagePuller(scene.session(options(registry.host)))
        let pulled = try await puller.pull(
            ["registry.k8s.io/coredns/coredns:v1"], for: [.arm64, .amd64], into: layout)
        #expect(pulled.map(\.arch) == [.amd64, .arm64])
        #expect(pulled.map(\.digest) == [image.amd64.digest, image.arm64.digest])
        #expect(pulled.map(\.size) == [image.amd64.size, image.arm64.size])
        #expect(Set(pulled.map(\.indexDigest)) == [image.index.digest])
        #expect(
            try names(layout) == [
                "registry.k8s.io/coredns/coredns:v1 amd64 \(image.amd64.digest)",
                "registry.k8s.io/coredns/coredns:v1 arm64 \(image.arm64.digest)",
            ])
        // Two manifests, two configurations, the shared layer and one each.
        #expect(try blobs(layout).count == 7)
        for blob in try blobs(layout) {
            let bytes = try #require(scene.bytes("images/blobs/sha256/\(blob.dropFirst(7))"))
            #expect("sha256:\(StreamDigest.sha256(of: bytes))" == blob)
        }
        #expect(scene.bytes("images/oci-layout") == Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
    }

    @Test func `one architecture leaves the other's blobs where they are`() async throws {
        let registry = try await RegistryServer()
        let image = try sample("pause")
        try registry.push(image.content)
        let layout = scene.path("images")
        _ = try await ImagePuller(scene.session(options(registry.host))).pull(
            ["registry.k8s.io/pause:v1"], for: [.arm64], into: layout)
        #expect(try names(layout) == ["registry.k8s.io/pause:v1 arm64 \(image.arm64.digest)"])
        #expect(try blobs(layout).count == 4)
    }

    @Test func `index json is the same bytes, whatever the order of the references`() async throws {
        let registry = try await RegistryServer()
        let repositories = ["a", "b", "c"]
        for name in repositories { try registry.push(try sample(name).content) }
        let puller = ImagePuller(scene.session(options(registry.host)))
        let references = repositories.map { "registry.k8s.io/\($0):v1" }
        _ = try await puller.pull(references, for: [.amd64, .arm64], into: scene.path("one"))
        _ = try await puller.pull(references.reversed() + references, for: [.arm64, .amd64], into: scene.path("two"))
        let index = try #require(scene.bytes("one/index.json"))
        #expect(index == scene.bytes("two/index.json"))
        let text = String(decoding: index, as: UTF8.self)
        #expect(text.contains(#""io.containerd.image.name":"registry.k8s.io/a:v1""#))
        #expect(text.contains(#""org.opencontainers.image.ref.name":"v1""#))
        #expect(text.contains(#""platform":{"architecture":"arm64","os":"linux"}"#))
    }

    @Test func `a second run fetches no blob, and a damaged one is fetched again`() async throws {
        let registry = try await RegistryServer()
        let front = try await DownloadSite()
        try front.configure("upstream", registry.host)
        let image = try sample("pause")
        try registry.push(image.content)
        let layout = scene.path("images")
        let puller = ImagePuller(scene.session(options(front.host)))
        let references = ["registry.k8s.io/pause:v1"]
        _ = try await puller.pull(references, for: [.amd64], into: layout)
        let first = try front.requests.filter { $0.path.contains("/blobs/") }
        #expect(first.count == 3)
        _ = try await puller.pull(references, for: [.amd64], into: layout)
        let requests = try front.requests
        #expect(requests.filter { $0.path.contains("/blobs/") }.count == 3)
        // The tag is asked for again, since it may have moved; the manifest it leads to is there.
        #expect(
            requests.filter { $0.path.contains("/manifests/") }.map { $0.path.hasSuffix("v1") } == [true, false, true])
        let blob = try #require(first.first?.path.split(separator: "/").last.map { $0.dropFirst(7) })
        try scene.write("images/blobs/sha256/\(blob)", "damaged".utf8)
        _ = try await puller.pull(references, for: [.amd64], into: layout)
        #expect(try front.requests.filter { $0.path.contains("/blobs/") }.count == 4)
    }

    @Test func `a blob that two images share comes once`() async throws {
        let registry = try await RegistryServer()
        let front = try await DownloadSite()
        try front.configure("upstream", registry.host)
        for name in ["a", "b"] { try registry.push(try sample(name).content) }
        _ = try await ImagePuller(scene.session(options(front.host))).pull(
            ["registry.k8s.io/a:v1", "registry.k8s.io/b:v1"], for: [.amd64, .arm64], into: scene.path("images"))
        let blobs = try front.requests.map(\.path).filter { $0.contains("/blobs/") }.compactMap {
            $0.split(separator: "/").last
        }
        #expect(blobs.count == 5)
        #expect(Set(blobs).count == 5)
    }

    @Test func `an image pinned by its index keeps the index and the name containerd looks up`() async throws {
        let registry = try await RegistryServer()
        let image = try sample("pause")
        try registry.push(image.content)
        let layout = scene.path("images")
        let pinned = "registry.k8s.io/pause@\(image.index.digest)"
        let pulled = try await ImagePuller(scene.session(options(registry.host))).pull(
            ["registry.k8s.io/pause:v1@\(image.index.digest)"], for: [.amd64], into: layout)
        #expect(pulled.map(\.digest) == [image.amd64.digest])
        #expect(pulled.map(\.indexDigest) == [image.index.digest])
        #expect(
            try names(layout) == [
                "registry.k8s.io/pause:v1@\(image.index.digest) amd64 \(image.index.digest)",
                "\(pinned) amd64 \(image.index.digest)",
            ])
        #expect(try blobs(layout).isSuperset(of: [image.index.digest, image.amd64.digest]))
        #expect(try ImageLayoutFolder(layout).removeUnneeded() == 0)
    }

    @Test func `an image pinned by its manifest has the one name`() async throws {
        let registry = try await RegistryServer()
        let image = try sample("pause", isDocker: true)
        try registry.push(image.content)
        let layout = scene.path("images")
        let pinned = "registry.k8s.io/pause@\(image.arm64.digest)"
        let pulled = try await ImagePuller(scene.session(options(registry.host))).pull(
            [pinned], for: [.arm64], into: layout)
        #expect(pulled.map(\.reference) == [pinned])
        #expect(pulled.map(\.mediaType) == [RegistryContent.dockerManifest])
        #expect(pulled.map(\.indexDigest) == [nil])
        #expect(try names(layout) == ["\(pinned) arm64 \(image.arm64.digest)"])
    }

    @Test func `an index inside an index is walked`() async throws {
        let registry = try await RegistryServer()
        var content = Content("nested")
        let amd64 = try content.image("amd64", layers: [[1, 2, 3]])
        let inner = try content.index([amd64])
        _ = try content.index([inner], tag: "v1")
        try registry.push(content)
        let pulled = try await ImagePuller(scene.session(options(registry.host))).pull(
            ["registry.k8s.io/nested:v1"], for: [.amd64], into: scene.path("images"))
        #expect(pulled.map(\.digest) == [amd64.digest])
    }

    @Test func `blobs of an earlier run's images go when they are to`() async throws {
        let registry = try await RegistryServer()
        let image = try sample("pause")
        try registry.push(image.content)
        let layout = scene.path("images")
        let puller = ImagePuller(scene.session(options(registry.host)))
        _ = try await puller.pull(["registry.k8s.io/pause:v1"], for: [.amd64, .arm64], into: layout)
        _ = try await puller.pull(["registry.k8s.io/pause:v1"], for: [.amd64], into: layout)
        try scene.write("images/blobs/sha256/abc.part", [1])
        #expect(try blobs(layout).count == 8)
        #expect(try ImageLayoutFolder(layout).removeUnneeded() == 4)
        #expect(try blobs(layout).count == 4)
    }
}
