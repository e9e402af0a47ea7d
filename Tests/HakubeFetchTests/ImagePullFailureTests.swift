// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
@testable import HakubeFetch
import HakubeModel
import HakubeTestSupport
import Testing

/// What goes wrong at a registry, each as one sentence that begins with the image.
@Suite(.enabled(if: RegistryServer.isAvailable, "docker-registry is not installed; run scripts/setup.sh"))
struct ImagePullFailureTests {
    private let scene = FetchScene()
    private let layer = FetchScene.content(200_000, seed: 8)

    private struct Stand {
        let registry: RegistryServer
        let front: DownloadSite
        let layer: RegistryContent.Descriptor
        var image: String { "\(front.host)/app:v1" }
    }

    /// A registry with one image of amd64, and the site in front of it that can be told what goes wrong.
    private func stand() async throws -> Stand {
        let registry = try await RegistryServer()
        let front = try await DownloadSite()
        try front.configure("upstream", registry.host)
        var content = RegistryContent("app")
        let descriptor = content.blob(layer, mediaType: "application/vnd.oci.image.layer.v1.tar+gzip")
        _ = try content.image("amd64", layers: [layer], tag: "v1")
        try registry.push(content)
        return Stand(registry: registry, front: front, layer: descriptor)
    }

    private func pull(_ references: String..., from stand: Stand, for arches: [Architecture] = [.amd64]) async throws {
        let options = FetchOptions(plainHTTP: [stand.front.host])
        _ = try await ImagePuller(scene.session(options)).pull(references, for: arches, into: scene.path("images"))
    }

    private func words(_ reference: String, _ stand: Stand, for arches: [Architecture] = [.amd64]) async -> String {
        await FetchScene.words { try await pull(reference, from: stand, for: arches) }
    }

    private func layerBytes(_ stand: Stand) -> [UInt8]? {
        scene.bytes("images/blobs/sha256/\(stand.layer.digest.dropFirst(7))")
    }

    @Test func `a connection cut in the middle of a blob is resumed`() async throws {
        let stand = try await stand()
        try stand.front.follow([.init(stand.layer.digest, times: 1, cut: 150_000)])
        try await pull(stand.image, from: stand)
        #expect(layerBytes(stand) == layer)
        let requests = try stand.front.requests.filter { $0.path.hasSuffix(stand.layer.digest) }
        #expect(requests.map(\.status) == [200, 206])
        #expect(requests.last?.fields["range"] == "bytes=150000-")
        #expect(requests.map(\.sent) == [150_000, 50_000])
    }

    @Test func `a 429 in front of manifests and blobs is waited for`() async throws {
        let stand = try await stand()
        try stand.front.follow([
            .init("/manifests/", times: 1, status: 429, fields: ["Retry-After": "5"]),
            .init(stand.layer.digest, times: 1, status: 429, fields: ["Retry-After": "6"]),
        ])
        try await pull(stand.image, from: stand)
        #expect(layerBytes(stand) == layer)
        #expect(scene.paused == .seconds(11))
        #expect(scene.progress.notes.allSatisfy { $0.hasPrefix("\(stand.image): ") })
    }

    @Test func `blobs behind a redirect come from there, without the login`() async throws {
        let stand = try await stand()
        let store = try await DownloadSite()
        try store.serve(stand.layer.digest, layer)
        try stand.front.follow([.init("/blobs/\(stand.layer.digest)", redirect: store.url(stand.layer.digest))])
        try await pull(stand.image, from: stand)
        #expect(layerBytes(stand) == layer)
        #expect(try store.requests.map { $0.fields["authorization"] } == [nil])
    }

    @Test func `a layer with a wrong digest names the image and the blob, and does not stay`() async throws {
        let stand = try await stand()
        var damaged = layer
        damaged[100_000] ^= 1
        try Data(damaged).write(to: stand.registry.file(of: stand.layer.digest))
        let words = await words(stand.image, stand)
        #expect(words.hasPrefix("\(stand.image): the blob \(stand.layer.digest) has the sha256 "))
        #expect(layerBytes(stand) == nil)
        #expect(scene.bytes("images/index.json") == nil)
    }

    @Test func `a layer of another length is found out before it is written`() async throws {
        let stand = try await stand()
        try Data(layer + [0]).write(to: stand.registry.file(of: stand.layer.digest))
        let words = await words(stand.image, stand)
        #expect(words.hasPrefix("\(stand.image): the blob \(stand.layer.digest) has 200001 bytes or more, but 200000"))
    }

    @Test func `an image that is not there is named, and all of them at once`() async throws {
        let stand = try await stand()
        let words = await FetchScene.words {
            try await pull("\(stand.front.host)/gone:v1", "\(stand.front.host)/app:v2", from: stand)
        }
        let lines = words.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.first?.hasPrefix("\(stand.front.host)/app:v2: the server answers 404 (not found): ") == true)
        #expect(lines.last?.hasPrefix("\(stand.front.host)/gone:v1: the server answers 404 (not found): ") == true)
        #expect(lines.allSatisfy { $0.hasSuffix("; check the image's name and its tag") })
    }

    @Test func `an image of another architecture alone is refused`() async throws {
        let stand = try await stand()
        let words = await words(stand.image, stand, for: [.amd64, .arm64])
        #expect(words.hasPrefix("\(stand.image): it is for linux/amd64 alone, and linux/arm64 is wanted"))
    }

    @Test func `an index without the architecture says which it has`() async throws {
        let stand = try await stand()
        var content = RegistryContent("multi")
        let manifest = try content.image("s390x", layers: [[1]])
        _ = try content.index([manifest.on("s390x")], tag: "v1")
        try stand.registry.push(content)
        let words = await words("\(stand.front.host)/multi:v1", stand)
        #expect(words.contains(":v1: it has no variant for linux/amd64, only for linux/s390x; "))
    }

    @Test func `schema 1 is refused`() async throws {
        let stand = try await stand()
        try stand.front.follow([
            .init(
                "/manifests/", status: 200,
                fields: ["Content-Type": "application/vnd.docker.distribution.manifest.v1+prettyjws"],
                body: #"{"schemaVersion":1,"name":"app","tag":"v1","fsLayers":[],"history":[]}"#)
        ])
        let words = await words(stand.image, stand)
        #expect(words.hasPrefix("\(stand.image): it is an image in Docker's schema 1, which nobody can check; "))
    }

    @Test func `a manifest that a proxy swapped is found out by its digest`() async throws {
        let stand = try await stand()
        try stand.front.follow([.init("/manifests/", swap: "{}")])
        let words = await words(stand.image, stand)
        #expect(words.hasPrefix("\(stand.image): the manifest that came has the digest sha256:"))
    }

    @Test func `a manifest that is too long is not taken in`() async throws {
        let stand = try await stand()
        try stand.front.follow([.init("/manifests/", status: 200, body: String(repeating: " ", count: 5 << 20))])
        let words = await words(stand.image, stand)
        #expect(words.hasPrefix("\(stand.image): it is longer than the 4194304 bytes that are allowed"))
    }

    @Test func `what is no reference is said before anything is asked`() async throws {
        let stand = try await stand()
        let words = await FetchScene.words { try await pull("Not A Name", stand.image, "also/", from: stand) }
        #expect(words.split(separator: "\n").count == 2)
        #expect(words.hasPrefix("Not A Name: it is no reference of an image; "))
        #expect(try stand.front.requests.isEmpty)
    }
}
