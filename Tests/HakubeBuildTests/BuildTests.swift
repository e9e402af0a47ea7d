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
struct BuildTests {
    private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }

    @Test func `everything of a release comes into one bundle that verifies`() async throws {
        let upstream = try await Upstream()
        let manifest = try BundleReader(try await upstream.build(try upstream.request())).verify()
        #expect(manifest.kubernetes == Upstream.release)
        #expect(manifest.arches == [.amd64, .arm64])
        #expect(manifest.requiredImages == Upstream.images.map { "registry.k8s.io/\($0)" }.sorted())
        #expect(manifest.sandboxImage == "registry.k8s.io/pause:3.10.2")
        #expect(manifest.version(of: "containerd") == "2.3.4")
        #expect(manifest.version(of: "flannel") == "0.28.4")
        for arch in manifest.arches {
            let names = Set(manifest.images(for: .master, on: arch).map(\.name))
            #expect(names.isSuperset(of: manifest.requiredImages))
            #expect(names.contains("ghcr.io/flannel-io/flannel:v0.28.4"))
            #expect(manifest.image(named: "hakube.local/guardian:v0.1.0", on: arch)?.roles == ["node"])
            #expect(manifest.file(at: "\(arch.rawValue)/bin/containerd-shim-runc-v2")?.arch == arch)
            #expect(manifest.file(at: "\(arch.rawValue)/cni/loopback") != nil)
        }
        let worker = manifest.images(for: .node, on: .arm64).map(\.name)
        #expect(!worker.contains { $0.contains("kube-apiserver") || $0.contains("/etcd:") })
        #expect(worker.contains("hakube.local/guardian:v0.1.0"))
        #expect(manifest.file(at: "manifests/pod-network.yaml")?.roles == ["master"])
    }

    @Test func `the registry's tokens are those of a token server, one for each repository`() async throws {
        let upstream = try await Upstream()
        _ = try await upstream.build(try upstream.request([.amd64]))
        let etcd = try upstream.site.requests.filter { $0.path.contains("/v2/k8s/etcd/") }
        #expect(etcd.first?.status == 401)
        #expect(etcd.dropFirst().allSatisfy { $0.fields["authorization"]?.hasPrefix("Bearer ") == true })
        #expect(etcd.count > 3)
    }

    @Test func `two builds of the same inputs are the same bytes`() async throws {
        let upstream = try await Upstream()
        let first = try await upstream.build(try upstream.request(cache: "one"), as: "one.tar.zst")
        let second = try await upstream.build(try upstream.request(cache: "two"), as: "two.tar.zst")
        #expect(try bytes(first) == bytes(second))
    }

    @Test func `a second build fetches nothing`() async throws {
        let upstream = try await Upstream()
        let first = try bytes(try await upstream.build(try upstream.request()))
        let count = try upstream.site.requests.count
        let second = try bytes(try await upstream.build(try upstream.request()))
        #expect(first == second)
        #expect(try upstream.site.requests.count == count)
    }

    @Test func `--refresh asks again`() async throws {
        let upstream = try await Upstream()
        var request = try upstream.request([.amd64])
        _ = try await upstream.build(request)
        let count = try upstream.site.requests.count
        request.isRefreshed = true
        _ = try await upstream.build(request)
        #expect(try upstream.site.requests.count > count)
    }

    @Test func `a release without its patch number is the newest of its minor`() async throws {
        let upstream = try await Upstream()
        var request = try upstream.request([.amd64])
        request.kubernetes = "v1.36"
        #expect(try BundleReader(try await upstream.build(request)).manifest().kubernetes == Upstream.release)
    }

    @Test func `kubeadm of this machine is asked for the images of another architecture`() async throws {
        let machine = try #require(FolderBuild.machine)
        guard machine == .amd64 else { return }
        let upstream = try await Upstream()
        let manifest = try BundleReader(try await upstream.build(try upstream.request([.arm64]))).verify()
        #expect(manifest.arches == [.arm64])
        #expect(manifest.requiredImages.count == Upstream.images.count)
        #expect(!manifest.files.contains { $0.path.hasPrefix("amd64/") })
        #expect(manifest.images.allSatisfy { $0.arch == .arm64 })
    }

    @Test func `a transfer that was cut off goes on where it stopped`() async throws {
        let upstream = try await Upstream()
        try upstream.site.follow([.init("amd64/kubelet", times: 2, cut: 50_000)])
        _ = try await upstream.build(try upstream.request([.amd64]))
        // The rule counts its checksum as well, which is shorter.
        let kubelet = try upstream.site.requests.filter { $0.path.hasSuffix("amd64/kubelet") }
        #expect(kubelet.map(\.status) == [200, 206])
        #expect(kubelet.last?.fields["range"] == "bytes=50000-")
    }

    @Test func `redirects and a rate limit that passes are no obstacle`() async throws {
        let upstream = try await Upstream()
        let second = try await upstream.secondSite()
        try upstream.site.follow([
            .init("/github/containerd", redirect: "\(second.url){path}"),
            .init("/manifests/", times: 1, status: 429, fields: ["Retry-After": "0"]),
        ])
        var options = upstream.options()
        options.plainHTTP.insert(second.host)
        _ = try await upstream.build(try upstream.request([.amd64]), options: options)
        #expect(try upstream.site.requests.contains { $0.status == 429 })
        #expect(try second.requests.contains { $0.path.hasSuffix("containerd-static-2.3.4-linux-amd64.tar.gz") })
    }

    @Test func `add-ons bring their images, own files come along`() async throws {
        let upstream = try await Upstream()
        try await upstream.push("apps/web:v1")
        try await upstream.push("apps/extra:v2")
        var request = try upstream.request([.amd64])
        let image = "\(upstream.site.host)/apps/web:v1"
        request.manifests = [
            try upstream.scratch.write(
                "kind: Pod\nspec: {containers: [{name: web, image: '\(image)'}]}\n", to: "web.yml")
        ]
        request.images = ["\(upstream.site.host)/apps/extra:v2"]
        request.files = [try ExtraFile("\(try upstream.scratch.write("x", to: "ca.pem"))=files/ca.pem:node")]
        let manifest = try BundleReader(try await upstream.build(request)).verify()
        #expect(manifest.image(named: image, on: .amd64) != nil)
        #expect(manifest.image(named: request.images[0], on: .amd64) != nil)
        #expect(manifest.file(at: "manifests/web.yaml") != nil)
        #expect(manifest.file(at: "files/ca.pem")?.roles == ["node"])
    }

    @Test func `a strategy's images go to masters, and with keepalived the program that looks at them`() async throws {
        let upstream = try await Upstream()
        for name in ["library/haproxy:3.2.19-alpine", "osixia/keepalived:2.3.4"] { try await upstream.push(name) }
        var request = try upstream.request([.amd64])
        let guardian = "amd64/bin/hakube-guardian"
        let plain = try BundleReader(try await upstream.build(request)).verify()
        #expect(plain.file(at: guardian)?.roles == ["node"])
        request.strategies = ["haproxy-keepalived"]
        var options = upstream.options()
        options.mirrors.append(Mirror(from: "docker.io", to: upstream.site.host))
        let manifest = try BundleReader(try await upstream.build(request, options: options)).verify()
        for image in ["docker.io/library/haproxy:3.2.19-alpine", "docker.io/osixia/keepalived:2.3.4"] {
            #expect(manifest.image(named: image, on: .amd64)?.roles == ["master"])
        }
        #expect(manifest.version(of: "haproxy") == "3.2.19")
        #expect(manifest.file(at: guardian)?.roles == ["master", "node"])
    }

    @Test func `an image that somebody else asks for as well stays with all hosts`() async throws {
        let upstream = try await Upstream()
        for name in ["kube-vip/kube-vip:v1.2.3", "kube-vip/kube-vip-cloud-provider:v0.0.12"] {
            try await upstream.push(name)
        }
        var request = try upstream.request([.amd64])
        request.strategies = ["kube-vip"]
        request.images = ["ghcr.io/kube-vip/kube-vip:v1.2.3"]
        let manifest = try BundleReader(try await upstream.build(request)).verify()
        #expect(manifest.image(named: request.images[0], on: .amd64)?.roles == ["master", "node"])
        let provider = "ghcr.io/kube-vip/kube-vip-cloud-provider:v0.0.12"
        #expect(manifest.image(named: provider, on: .amd64)?.roles == ["master"])
    }

    @Test func `an image repository is kubeadm's: its names, and coredns right below it`() async throws {
        let upstream = try await Upstream()
        try await upstream.push("k8s/coredns:v1.14.2")
        var request = try upstream.request([.amd64])
        let repository = "\(upstream.site.host)/k8s"
        request.imageRepository = repository
        request.network = "none"
        let manifest = try BundleReader(try await upstream.build(request)).verify()
        #expect(manifest.requiredImages.contains("\(repository)/coredns:v1.14.2"))
        #expect(manifest.imageRepository == repository)
        #expect(manifest.image(named: "\(repository)/coredns/coredns:v1.14.2", on: .amd64) == nil)
        #expect(manifest.file(at: "manifests/pod-network.yaml") == nil)
    }
}
