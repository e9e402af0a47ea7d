// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeSources
import Testing

@testable import HakubeBuild

@Suite struct BuildPlanTests {
    private func plan(
        _ release: String, arches: [Architecture] = [.amd64], change: (inout BuildRequest) -> Void = { _ in }
    ) throws -> BuildPlan {
        var request = BuildRequest(cache: "/cache")
        request.arches = arches
        change(&request)
        let version = try #require(KubernetesVersion(release))
        return try BuildPlan(try BundleSources.builtIn(UpstreamSources.yaml), request, release: version)
    }

    private func sentence(_ body: () throws -> BuildPlan) throws -> String {
        let error = try #require(throws: InventoryError.self) { _ = try body() }
        return error.problems.map(\.description).joined(separator: "\n")
    }

    @Test func `addresses are those of the release and the architecture`() throws {
        let plan = try plan("v1.36.4", arches: [.arm64])
        let urls = plan.parts.map(\.url)
        #expect(urls.contains("https://dl.k8s.io/release/v1.36.4/bin/linux/arm64/kubeadm"))
        let containerd = try #require(plan.parts.first { $0.file.component == "containerd" })
        let release = "https://github.com/containerd/containerd/releases/download/v2.3.4"
        #expect(containerd.url == "\(release)/containerd-static-2.3.4-linux-arm64.tar.gz")
        #expect(containerd.checksum == containerd.url + ".sha256sum")
        #expect(containerd.label == "containerd 2.3.4 arm64")
        let runc = try #require(plan.parts.first { $0.file.component == "runc" })
        #expect(runc.checksum == "https://github.com/opencontainers/runc/releases/download/v1.4.3/runc.sha256sum")
    }

    @Test func `nothing of an address is left open for any release or architecture`() throws {
        for release in ["v1.20.2", "v1.28.0", "v1.33.13", "v1.36.4", "v1.37.0", "v1.41.0"] {
            let plan = try plan(release, arches: Architecture.allCases)
            for part in plan.parts {
                #expect(!part.url.contains("{{") && part.checksum?.contains("{{") != true, "\(part.url)")
            }
        }
    }

    @Test(arguments: [
        ("v1.20.2", "1.7.33"), ("v1.34.1", "1.7.33"), ("v1.35.0", "2.2.3"), ("v1.36.0", "2.3.4"), ("v1.44.0", "2.3.4"),
    ])
    func `a release takes the row of its minor, a newer one the newest row`(_ release: String, _ version: String) throws
    {
        #expect(try plan(release).versions["containerd"] == version)
    }

    @Test func `a release before the first row is a sentence with a way out`() throws {
        let text = try sentence { try plan("v1.19.0") }
        #expect(text.contains("has no version of containerd for Kubernetes v1.19.0"))
        #expect(text.contains("--component containerd=VERSION"))
    }

    @Test func `a component of the operator's own goes before the table`() throws {
        let plan = try plan("v1.36.4") { $0.components = ["containerd": "2.3.9"] }
        #expect(plan.versions["containerd"] == "2.3.9")
        #expect(plan.versions["runc"] == "1.4.3")
    }

    @Test func `a component that is not there is refused by name`() throws {
        let text = try sentence { try plan("v1.36.4") { $0.components = ["docker": "27.0"] } }
        #expect(text.hasPrefix("--component docker: "))
        #expect(text.contains("containerd"))
    }

    @Test func `the first network is taken where none is named, and its component with it`() throws {
        let plan = try plan("v1.36.4")
        #expect(plan.network?.name == "flannel")
        #expect(plan.versions.keys.sorted() == ["cni-plugins", "containerd", "crictl", "flannel", "runc"])
    }

    @Test func `without a network its component is no part of the bundle`() throws {
        let plan = try plan("v1.36.4") { $0.network = "none" }
        #expect(plan.network == nil)
        #expect(plan.versions["flannel"] == nil)
    }

    @Test func `cilium wants a manifest by hand, and takes one`() throws {
        let text = try sentence { try plan("v1.36.4") { $0.network = "cilium" } }
        #expect(text.hasPrefix("--cni cilium: "))
        #expect(text.contains("--cni-manifest"))
        let taken = try plan("v1.36.4") {
            $0.network = "cilium"
            $0.networkManifest = "cilium.yaml"
        }
        #expect(taken.versions["flannel"] == nil)
    }

    @Test func `a network that nobody knows is refused with those there are`() throws {
        let text = try sentence { try plan("v1.36.4") { $0.network = "weave" } }
        #expect(text.contains("flannel, calico, cilium, none"))
    }

    @Test func `a strategy brings its images, and its components become part of the bundle`() throws {
        let plan = try plan("v1.36.4") { $0.strategies = ["haproxy-keepalived", "keepalived"] }
        #expect(
            plan.strategyImages == ["docker.io/library/haproxy:3.2.19-alpine", "docker.io/osixia/keepalived:2.3.4"])
        #expect(plan.versions["haproxy"] == "3.2.19")
        #expect(plan.versions["kube-vip"] == nil)
        let other = try self.plan("v1.36.4") {
            $0.strategies = ["kube-vip"]
            $0.components = ["kube-vip": "0.8.9"]
        }
        #expect(other.strategyImages.contains("ghcr.io/kube-vip/kube-vip:v0.8.9"))
        #expect(try self.plan("v1.36.4").strategyImages == [])
    }

    @Test func `a strategy that the sources do not know is refused with those there are`() throws {
        let text = try sentence { try plan("v1.36.4") { $0.strategies = ["haproxy", "kube-vip"] } }
        #expect(text.hasPrefix("--ha haproxy: "))
        #expect(text.contains("keepalived, haproxy-keepalived, kube-vip"))
        #expect(!text.contains("--ha kube-vip: "))
    }

    @Test func `sources for one release refuse another`() throws {
        let yaml = "format: 1\nkubernetes: v1.20.2\narches: [amd64]\nfiles: [{url: 'https://a/b', to: bin/b}]"
        let sources = try SourcesReader.read(yaml, file: "sources.yaml", folder: nil)
        var request = BuildRequest(cache: "/cache")
        request.arches = [.arm64]
        let release = try #require(KubernetesVersion("v1.36.4"))
        let text = try sentence { try BuildPlan(sources, request, release: release) }
        #expect(text.contains("--kubernetes v1.36.4: sources.yaml has v1.20.2 only"))
        #expect(text.contains("--arch arm64: sources.yaml has nothing for it"))
    }

    @Test func `control plane images are for masters, the guardian for workers, all else for both`() throws {
        let plan = try plan("v1.36.4")
        #expect(plan.roles(ofImage: "registry.k8s.io/kube-apiserver:v1.36.4") == [.master])
        #expect(plan.roles(ofImage: "registry.example.com:5000/k8s/etcd:3.6.8-0") == [.master])
        #expect(plan.roles(ofImage: "registry.k8s.io/coredns/coredns:v1.14.2") == [.master, .node])
        #expect(plan.roles(ofImage: "hakube.local/guardian:v0.1.0") == [.node])
    }
}
