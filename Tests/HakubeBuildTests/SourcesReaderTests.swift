// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import HakubeSources
import HakubeTestSupport
import Testing

@testable import HakubeBuild

@Suite struct SourcesReaderTests {
    private func read(_ yaml: String) throws -> BundleSources {
        try SourcesReader.read(yaml, file: "sources.yaml", folder: "/sources")
    }

    private func problems(_ yaml: String) throws -> [String] {
        let error = try #require(throws: InventoryError.self) { try read(yaml) }
        return error.problems.map(\.description)
    }

    @Test func `the built-in sources have no fault`() throws {
        let sources = try BundleSources.builtIn(UpstreamSources.yaml)
        #expect(sources.networkNames == ["flannel", "calico", "cilium", "none"])
        #expect(sources.arches == [.amd64, .arm64, .ppc64le, .s390x])
        let made = Set(sources.files.flatMap(\.targets).map(\.path))
        let needed = [
            "kubeadm", "kubelet", "kubectl", "containerd", "containerd-shim-runc-v2", "ctr", "runc", "crictl",
        ]
        #expect(made.isSuperset(of: needed.map { "bin/\($0)" }))
        #expect(made.isSuperset(of: ["loopback", "bridge", "host-local", "portmap"].map { "cni/\($0)" }))
    }

    @Test func `everything the built-in sources fetch has a published checksum`() throws {
        let sources = try BundleSources.builtIn(UpstreamSources.yaml)
        for file in sources.files {
            guard case .url(let url, let checksum) = file.origin else { continue }
            #expect(url.text.hasPrefix("https://"))
            #expect(checksum != nil, "\(url.text)")
        }
    }

    @Test func `Debian's sources have no fault and run a script`() throws {
        let sources = try BundleSources.read(Checkout.root.appending(path: "offline-bundle/debian").path())
        #expect(sources.script == "build.sh")
        #expect(sources.kubernetes == KubernetesVersion("v1.20.2"))
        #expect(sources.networkNames == ["hakube", "none"])
    }

    @Test func `Debian's script makes the images that its sources name for strategies`() throws {
        let folder = Checkout.root.appending(path: "offline-bundle/debian")
        let script = try String(contentsOf: folder.appending(path: "images.sh"), encoding: .utf8)
        let sources = try BundleSources.read(folder.path())
        var request = BuildRequest(cache: "/cache")
        request.arches = sources.arches
        request.strategies = ["keepalived", "haproxy-keepalived", "kube-vip"]
        let release = try #require(sources.kubernetes)
        let images = try BuildPlan(sources, request, release: release).strategyImages
        #expect(images.count == 4)
        for image in images {
            #expect(script.contains("{\"name\": \"\(image)\""), "\(image)")
            // They are tagged by hand, and given to masters by the last part of their names.
            let lastPart = try #require(ImageName(image)?.lastPart)
            #expect(sources.imageRoles[lastPart] == [.master])
        }
    }

    @Test func `what strategies look for is what the built-in sources bring`() throws {
        let patterns = try BundleSources.builtIn(UpstreamSources.yaml).strategies.flatMap(\.images).map(\.name.text)
        let parts = Set(patterns.compactMap { ImageName($0.replacing("{{version}}", with: "1"))?.lastPart })
        #expect(parts == ["keepalived", "haproxy", "kube-vip", "kube-vip-cloud-provider"])
    }

    @Test func `sources that are not there are named with what to do`() throws {
        let error = try #require(throws: InventoryError.self) { try BundleSources.read("/nonexistent") }
        #expect(error.problems.map(\.place) == ["--sources /nonexistent"])
    }

    @Test(arguments: [
        ("format: 1\nfile: []", "sources.yaml:2: the file has no key `file`"),
        ("files: []", "sources.yaml:1: the key `format` is missing"),
        ("format: 2\nfiles: []", "sources.yaml:1: the format 2 is not one this hakube reads"),
        ("format: 1\nkubernetes: latest", "sources.yaml:2: `latest` is no Kubernetes release"),
        ("format: 1\narches: [amd64, mips]", "sources.yaml:2: `mips` is no architecture that hakube knows"),
        ("format: 1\ncomponents:\n  runc: 1 2", "sources.yaml:3: `1 2` is no version of runc"),
        ("format: 1\ncomponents:\n  runc:\n    next: 1.2", "sources.yaml:4: `next` is no Kubernetes minor"),
        ("format: 1\nfiles:\n- to: bin/runc", "sources.yaml:3: a file has neither `url` nor `from`"),
        (
            "format: 1\nfiles:\n- {url: 'ftp://a/b', to: bin/b}",
            "sources.yaml:3: `url` is no address: ftp://a/b"
        ),
        (
            "format: 1\nfiles:\n- {url: 'https://a/{{version}}', to: bin/b}",
            "sources.yaml:3: `url` has the variable `{{version}}`, which has no value here"
        ),
        ("format: 1\nfiles:\n- {url: 'https://a/b', to: ../b}", "sources.yaml:3: `../b` is no place in a bundle"),
        ("format: 1\nfiles:\n- {url: 'https://a/b', to: bin/..}", "sources.yaml:3: `bin/..` has a name with other"),
        (
            "format: 1\nfiles:\n- {url: 'https://a/b', to: bin/b, roles: [all]}",
            "`roles` names something else than roles"
        ),
        ("format: 1\nfiles:\n- {url: 'https://a/b'}", "sources.yaml:3: a file needs either `to` or `members`"),
        ("format: 1\nfiles:\n- {component: x, url: 'https://a/b', to: bin/b}", "`x` is not among the components"),
        (
            "format: 1\nfiles:\n- {url: 'https://a/{{arch}}', to: files/b}",
            "sources.yaml:3: files/ is the same for every architecture"
        ),
        (
            "format: 1\nrun: make.sh\nfiles: [{from: bin/b}]",
            "sources.yaml:2: a script makes parts for one architecture"
        ),
        ("format: 1\nfiles:\n- {from: bin/b}", "sources.yaml:3: `from` needs a script that makes the file"),
        (
            "format: 1\nfiles:\n- {url: 'https://a/b', to: bin/b}\n- {url: 'https://a/c', to: bin/b}",
            "sources.yaml:4: bin/b is made a second time (first sources.yaml:3)"
        ),
        ("format: 1\nnetworks:\n  flat: {}", "the network flat has no manifest"),
        ("format: 1\nnetworks:\n  none: {manifest: a.yaml}", "sources.yaml:3: a network cannot have this name"),
        (
            "format: 1\nnetworks:\n  flat:\n    manifest: a.yaml\n    edits:\n    - find: x",
            "sources.yaml:6: an edit lacks `find` or `write`"
        ),
        ("format: 1\nha: [keepalived]", "sources.yaml:2: `ha` is not a map"),
        ("format: 1\nha:\n  own: []", "sources.yaml:3: the strategy own has no images"),
        ("format: 1\nha:\n  own:\n  - {component: x, image: 'a.b/c:1'}", "`x` is not among the components"),
        ("format: 1\nha:\n  own:\n  - {name: haproxy}", "sources.yaml:4: an image has no key `name`"),
        ("format: 1\nha:\n  own:\n  - {image: haproxy}", "sources.yaml:4: `haproxy` is no image's full name"),
        (
            "format: 1\nha:\n  own:\n  - {image: 'a.b/c:{{version}}'}",
            "sources.yaml:4: `image` has the variable `{{version}}`, which has no value here"
        ),
        ("format: 1\nimages: {layout: images}", "`layout` needs a script that makes the images"),
        ("format: 1\n  files: [", "sources.yaml: is not YAML"),
        ("- 1", "sources.yaml:1: the file is not a map"),
    ])
    func `each fault is one sentence with its line`(_ yaml: String, _ sentence: String) throws {
        let found = try problems(yaml)
        #expect(found.contains { $0.contains(sentence) }, "\(found)")
    }

    @Test func `a list of files that a script makes keeps its paths`() throws {
        let sources = try read(
            "format: 1\narches: [arm64]\nrun: make.sh\nfiles:\n- {from: [bin/a, cni/b], roles: [node]}")
        #expect(sources.files.map(\.origin) == [.made("bin/a"), .made("cni/b")])
        #expect(sources.files.flatMap(\.targets).map(\.path) == ["bin/a", "cni/b"])
        #expect(sources.files.allSatisfy { $0.roles == [.node] })
    }
}
