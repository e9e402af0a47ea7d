// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeBundle
import HakubeFetch
import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubeBuild

@Suite(.enabled(if: RegistryServer.isAvailable, "docker-registry is not installed"))
struct BuildFailureTests {
    /// What goes wrong, and what the one sentence must name.
    struct Case: Sendable, CustomTestStringConvertible {
        let title: String
        let rule: DownloadSite.Rule
        let names: [String]

        init(_ title: String, _ rule: DownloadSite.Rule, _ names: String...) {
            self.title = title
            self.rule = rule
            self.names = names
        }

        var testDescription: String { title }
    }

    @Test(arguments: [
        Case("404 of a program", .init("amd64/kubectl", status: 404), "amd64/kubectl", "404"),
        Case("404 of a checksum", .init("runc.sha256sum", status: 404), "runc.sha256sum", "404"),
        Case("404 of a manifest", .init("kube-flannel.yml", status: 404), "kube-flannel.yml", "404"),
        Case("404 of an image", .init("/k8s/etcd/manifests/", status: 404), "registry.k8s.io/etcd:3.6.8-0"),
        Case(
            "a rate limit that stays", .init("/k8s/etcd/manifests/", status: 429, fields: ["Retry-After": "1000"]),
            "registry.k8s.io/etcd:3.6.8-0", "429"),
        Case(
            "a rate limit that stays, of a program",
            .init("amd64/kubelet", status: 429, fields: ["Retry-After": "1000"]),
            "amd64/kubelet", "429"),
        Case(
            "a layer with another digest", .init("/k8s/pause/blobs/", swap: "something else"), "pause", "has 14 bytes"),
        Case("a connection that is always cut at once", .init("amd64/kubeadm", cut: 0), "amd64/kubeadm"),
        Case(
            "a wrong checksum", .init("kubectl.sha256", status: 200, body: String(repeating: "0", count: 64)),
            "amd64/kubectl", "has the sha256", "but \(String(repeating: "0", count: 64)) is expected"),
        Case(
            "a page in place of a checksum", .init("kubectl.sha256", status: 200, body: "<html>Log in</html>"),
            "kubectl.sha256"),
        Case(
            "a manifest in another form", .init("kube-flannel.yml", status: 200, body: "kind: DaemonSet\n"),
            "kube-flannel.yml", "fits 0 times"),
    ])
    func `each failure names the address or the image, and leaves no bundle`(_ failure: Case) async throws {
        let upstream = try await Upstream()
        try upstream.site.follow([failure.rule])
        var words = "no error"
        do {
            _ = try await upstream.build(
                try upstream.request([.amd64]), options: upstream.options(patience: .seconds(2)))
        } catch {
            words = "\(error)"
        }
        for name in failure.names { #expect(words.contains(name), "\(words)") }
        #expect(!words.contains("\n"), "\(words)")
        let left = try FileManager.default.contentsOfDirectory(atPath: upstream.scratch.path)
        #expect(!left.contains { $0.hasPrefix("bundle") }, "\(left)")
    }

    @Test func `a layer with the right length and a wrong digest names both digests`() async throws {
        let upstream = try await Upstream()
        let layer = "layer of k8s/pause:3.10.2 amd64"
        let digest = ImageDigest.of(Array(layer.utf8))
        try upstream.site.follow([.init("/k8s/pause/blobs/\(digest)", swap: layer.uppercased())])
        let found = ImageDigest.of(Array(layer.uppercased().utf8)).dropFirst(ImageDigest.prefix.count)
        let error = try await #require(throws: FetchError.self) {
            try await upstream.build(try upstream.request([.amd64]))
        }
        let words = error.description
        #expect(words.contains("registry.k8s.io/pause:3.10.2"), "\(words)")
        #expect(words.contains("the blob \(digest) has the sha256 \(found), but "), "\(words)")
    }

    @Test func `a blob that was damaged in the cache is told, and fetched anew by the next build`() async throws {
        let upstream = try await Upstream()
        _ = try await upstream.build(try upstream.request([.amd64]))
        let digest = ImageDigest.of(Array("layer shared by all".utf8)).dropFirst(ImageDigest.prefix.count)
        let blob = URL(filePath: "\(upstream.scratch.path)/cache/images/blobs/sha256/\(digest)")
        try Data("LAYER SHARED BY ALL".utf8).write(to: blob)
        let error = try await #require(throws: BundleError.self) {
            try await upstream.build(try upstream.request([.amd64]))
        }
        #expect(error.description.contains("\(digest): ") && error.description.contains("fetched anew"), "\(error)")
        _ = try BundleReader(try await upstream.build(try upstream.request([.amd64]))).verify()
        #expect(try Data(contentsOf: blob) == Data("layer shared by all".utf8))
    }

    @Test func `after a failure the next build goes on with what is there`() async throws {
        let upstream = try await Upstream()
        try upstream.site.follow([.init("/k8s/pause/manifests/", status: 404)])
        await #expect(throws: FetchError.self) { try await upstream.build(try upstream.request([.amd64])) }
        let before = try upstream.site.requests.filter { $0.path.contains("/dl/") || $0.path.contains("/github/") }
        try upstream.site.follow([])
        _ = try BundleReader(try await upstream.build(try upstream.request([.amd64]))).verify()
        let after = try upstream.site.requests.filter { $0.path.contains("/dl/") || $0.path.contains("/github/") }
        #expect(after.count == before.count)
    }

    @Test func `a wrong checksum is asked for again by the next build`() async throws {
        let upstream = try await Upstream()
        try upstream.site.follow([.init("kubectl.sha256", status: 200, body: String(repeating: "0", count: 64))])
        await #expect(throws: FetchError.self) { try await upstream.build(try upstream.request([.amd64])) }
        try upstream.site.follow([])
        _ = try await upstream.build(try upstream.request([.amd64]))
    }
}
