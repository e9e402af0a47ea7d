// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeBundle
import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubeImport

/// Packages and folders of other tools become bundles, or it is said what they lack.
@Suite struct ImporterTests {
    private let home: ScratchFolder

    init() throws { home = try ScratchFolder() }

    /// An ELF header (64 bit, little endian) and some text.
    static func program(_ name: String, machine: UInt8 = 62) -> [UInt8] {
        var head = [UInt8](repeating: 0, count: 64)
        head.replaceSubrange(0..<6, with: [0x7f, 0x45, 0x4c, 0x46, 2, 1])
        head[18] = machine
        return head + [UInt8](name.utf8) + noise(900)
    }

    private static let release = "v1.20.2"

    private static func images(besides more: [String] = []) throws -> [UInt8] {
        let version = try #require(KubernetesVersion(release))
        let required = try #require(RequiredImages.names(of: version))
        var saved = SavedImages()
        for (number, name) in (required + more).enumerated() {
            saved.add([name], layers: [SavedImages.shared, noise(600 + number)])
        }
        return saved.dockerArchive
    }

    /// The shape of a sealos 3 package; its scripts would leave a mark.
    private func package(
        network: String? = "kind: DaemonSet\nspec: {}\n", images: [UInt8]? = nil, machine: UInt8 = 62
    ) throws -> TarBuilder {
        var runtime = TarBuilder()
        for name in ["containerd", "containerd-shim-runc-v2", "containerd-stress", "ctr", "crictl"] {
            runtime.add("usr/local/bin/\(name)", Self.program(name, machine: machine), mode: 0o755)
        }
        runtime.add("usr/local/sbin/runc", Self.program("runc", machine: machine), mode: 0o755)
        for name in Program.neededPlugins { runtime.add("opt/cni/bin/\(name)", Self.program(name, machine: machine)) }
        runtime.add("opt/cni/bin/README.md", "words")
        var tar = TarBuilder()
        tar.add("kube/", kind: .folder)
        for name in ["kubeadm", "kubelet", "kubectl"] {
            tar.add("kube/bin/\(name)", Self.program(name, machine: machine), mode: 0o755)
        }
        for name in ["init", "master", "docker"] {
            tar.add("kube/shell/\(name).sh", "#!/bin/sh\ntouch \(home.place("was-run"))\n", mode: 0o755)
        }
        tar.add("kube/conf/kubeadm.yaml", "kind: ClusterConfiguration\n")
        if let network { tar.add("kube/conf/net/calico.yaml", network) }
        tar.add("kube/Metadata", #"{"k8sVersion":"v1.20.2","cniName":"calico"}"#)
        tar.add(
            "kube/containerd/cri-containerd-cni-1.6.20-linux-amd64.tar.gz",
            try LocalTool.run("gzip -n", on: runtime.whole))
        tar.add("kube/images/images.tar", try images ?? Self.images())
        return tar
    }

    private func run(_ source: String, to output: String = "out.tar.zst", guardian: Bool = true) throws -> ImportResult
    {
        var request = ImportRequest(source: home.place(source), output: home.place(output))
        if guardian {
            try home.write(Self.program("hakube-guardian"), to: "guardian")
            request.guardian = home.place("guardian")
        }
        return try Importer(request).run()
    }

    private func refusal(_ source: String, to output: String = "out.tar.zst", guardian: Bool = true) -> String {
        do {
            _ = try run(source, to: output, guardian: guardian)
            return "nothing was refused"
        } catch { return "\(error)" }
    }

    @Test func `a package of sealos becomes a bundle, and none of its scripts is run`() throws {
        let calico = """
            kind: DaemonSet
            spec:
              template:
                spec:
                  containers:
                    - image: pause:3.2
                      env:
                        # - name: CALICO_IPV4POOL_CIDR
                        #   value: "192.168.0.0/16"
                        - name: OTHER
                          value: "1"

            """
        let images = try Self.images(besides: ["pause:3.2"])
        try home.write(
            try LocalTool.run("gzip -n", on: package(network: calico, images: images).whole), to: "kube1.20.2.tar.gz")
        let result = try run("kube1.20.2.tar.gz")
        let manifest = try #require(result.manifest)
        #expect(manifest.kubernetes == Self.release && manifest.arches == [.amd64])
        let master = manifest.files(for: .master, on: .amd64).map(\.stagePath)
        let node = manifest.files(for: .node, on: .amd64).map(\.stagePath)
        for name in Program.needed { #expect(master.contains("bin/\(name)") && node.contains("bin/\(name)")) }
        for name in Program.neededPlugins { #expect(node.contains("cni/\(name)")) }
        #expect(!master.contains("bin/containerd-stress"))
        #expect(node.contains("bin/hakube-guardian") && !master.contains("bin/hakube-guardian"))
        #expect(master.contains("manifests/pod-network.yaml") && !node.contains("manifests/pod-network.yaml"))
        #expect(manifest.images(for: .node, on: .amd64).contains { $0.name.hasPrefix("hakube.local/guardian:v") })
        #expect(!manifest.images(for: .node, on: .amd64).contains { $0.name == SavedImages.apiserver })
        #expect(manifest.images(for: .master, on: .amd64).contains { $0.name == SavedImages.apiserver })
        let network = try BundleReader(home.place("out.tar.zst")).manifestText("manifests/pod-network.yaml")
        #expect(network.contains("            - name: CALICO_IPV4POOL_CIDR\n"))
        #expect(network.contains("              value: \"{{podSubnet}}\"\n            - name: OTHER\n"))
        #expect(network.contains("image: docker.io/library/pause:3.2\n"))
        #expect(!home.has("was-run"))
        #expect(
            result.notes.contains { $0.contains("3 scripts") }
                && result.notes.contains { $0.contains("containerd-stress") })
        #expect(home.files == ["guardian", "kube1.20.2.tar.gz", "out.tar.zst"], "nothing else stays")
    }

    @Test func `an archive in a large package is measured by itself`() throws {
        var tar = try package()
        tar.add("kube/large", noise(300_000))
        try home.write(tar.whole, to: "kube.tar")
        try home.write(Self.program("hakube-guardian"), to: "guardian")
        var request = ImportRequest(source: home.place("kube.tar"), output: home.place("out.tar.zst"))
        request.guardian = home.place("guardian")
        request.limits.ratioFloor = 50_000
        request.limits.ratio = 2
        #expect(try Importer(request).run().manifest != nil)
    }

    @Test func `the same package gives the same bytes, and so does the folder it unpacks to`() throws {
        try home.write(try package().whole, to: "kube.tar")
        _ = try run("kube.tar")
        let first = try home.bytes(of: "out.tar.zst")
        _ = try run("kube.tar", to: "again.tar.zst")
        #expect(try home.bytes(of: "again.tar.zst") == first)
        try home.write([], to: "folder/.keep")
        _ = try LocalTool.run("tar -xf - -C \(home.place("folder"))", on: package().whole)
        _ = try run("folder", to: "third.tar.zst")
        #expect(try home.bytes(of: "third.tar.zst") == first)
        #expect(home.has("folder/kube/bin/kubeadm"), "a folder of the user's stays as it is")
    }

    @Test func `what is missing is said in one sentence, and nothing is left behind`() throws {
        var bare = TarBuilder()
        bare.add("kube/bin/kubeadm", Self.program("kubeadm"))
        try home.write(bare.whole, to: "bare.tar")
        let sentence = refusal("bare.tar", guardian: false)
        for name in ["kubelet", "crictl", "the CNI plugin loopback", "images", "hakube-guardian (--guardian FILE)"] {
            #expect(sentence.contains(name), "\(name): \(sentence)")
        }
        #expect(!sentence.contains("kubeadm,"))
        try home.write(try Self.images(), to: "images.tar")
        #expect(refusal("images.tar").contains("it holds images only; for a bundle these are missing: kubeadm, "))
        #expect(refusal("gone.tar").contains("No such file"))
        #expect(refusal("bare.tar", to: "out.zip").contains("neither a bundle folder nor the name of a bundle"))
        #expect(home.files == ["bare.tar", "guardian", "images.tar"])
    }

    @Test func `a hostile archive within a package is refused, and nothing is left behind`() throws {
        var inner = TarBuilder()
        inner.add("../../../../../../../../tmp/hakube-stolen", "x")
        var tar = try package()
        tar.add("kube/images/more.tar", inner.whole)
        try home.write(tar.whole, to: "kube.tar")
        let sentence = refusal("kube.tar")
        #expect(sentence.contains("kube.tar: kube/images/more.tar: the entry `../../"), "\(sentence)")
        #expect(home.files == ["guardian", "kube.tar"])
    }

    @Test func `programs of several architectures are refused`() throws {
        var tar = try package(machine: 183)
        tar.add("kube/bin/conntrack", Self.program("conntrack", machine: 62))
        try home.write(tar.whole, to: "kube.tar")
        #expect(refusal("kube.tar").contains("conntrack is for amd64, and the rest for arm64"))
    }

    @Test func `images are added to a bundle folder, once`() throws {
        try home.write("kubernetes: v1.20.2\narch: amd64\n", to: "bundle/bundle.yaml")
        var saved = SavedImages()
        saved.add(["busybox:1.35"])
        try home.write(saved.dockerArchive, to: "saved.tar")
        for _ in 0..<2 {
            let result = try run("saved.tar", to: "bundle")
            #expect(result.images == ["docker.io/library/busybox:1.35"] && result.manifest == nil)
        }
        var more = SavedLayout()
        more.name(more.manifest(arch: "amd64"), "a.b/c:1")
        try home.write(more.archive, to: "more.tar")
        _ = try run("more.tar", to: "bundle")
        let index = try #require(home.text(of: "bundle/images/index.json"))
        #expect(index.contains("docker.io/library/busybox:1.35") && index.contains("a.b/c:1"))
        #expect(home.files.allSatisfy { !$0.contains(".import-") })
    }

    @Test func `a bundle folder stays as it was when images cannot be added`() throws {
        try home.write("kubernetes: v1.20.2\narch: amd64\n", to: "bundle/bundle.yaml")
        var saved = SavedImages()
        saved.add(["busybox:1.35"])
        try home.write(saved.dockerArchive, to: "saved.tar")
        _ = try run("saved.tar", to: "bundle")
        let before = home.files
        let index = home.text(of: "bundle/images/index.json")
        var wrong = SavedImages()
        wrong.add(["first:1"], layers: [noise(77)])
        wrong.add(["second:1"], diffIDs: [ImageDigest.of([1])])
        try home.write(wrong.dockerArchive, to: "saved.tar")
        #expect(refusal("saved.tar", to: "bundle").contains("second:1 is not whole"))
        #expect(home.files == before)
        #expect(home.text(of: "bundle/images/index.json") == index)
    }

    @Test func `a blob that was damaged in the bundle folder is replaced`() throws {
        try home.write("kubernetes: v1.20.2\narch: amd64\n", to: "bundle/bundle.yaml")
        var saved = SavedLayout()
        saved.name(saved.manifest(arch: "amd64"), "a.b/c:1")
        try home.write(saved.archive, to: "saved.tar")
        _ = try run("saved.tar", to: "bundle")
        let layer = noise("amd64".utf8.count * 100)
        let place = "bundle/images/blobs/sha256/\(ImageDigest.of(layer).dropFirst(7))"
        try home.remove(place)
        try home.write([UInt8](layer.reversed()), to: place)
        _ = try run("saved.tar", to: "bundle")
        #expect(try home.bytes(of: place) == layer)
    }

    @Test func `in a folder a file that only has an archive's name is told, a damaged one is an error`() throws {
        try home.write([], to: "folder/.keep")
        _ = try LocalTool.run("tar -xf - -C \(home.place("folder"))", on: package().whole)
        try home.write("a page in place of a file", to: "folder/page.tgz")
        #expect(try run("folder").notes.contains { $0.contains("no archives") && $0.contains("page.tgz") })
        var inner = TarBuilder()
        inner.add("x", noise(9000))
        let packed = try LocalTool.run("gzip -n", on: inner.whole)
        try home.write(Array(packed.prefix(packed.count / 2)), to: "folder/half.tgz")
        #expect(refusal("folder", to: "other.tar.zst").contains("half.tgz: it is no tar, or it is damaged"))
        var tar = try package()
        tar.add("kube/page.tgz", "a page in place of a file")
        try home.write(tar.whole, to: "kube.tar")
        #expect(refusal("kube.tar").contains("kube.tar: kube/page.tgz: it is no tar; name a .tar"))
    }

    @Test func `the release comes from the API server's image, and several are one too many`() throws {
        var saved = SavedImages()
        saved.add([SavedImages.apiserver])
        saved.add(["k8s.gcr.io/kube-apiserver:v1.21.0"], layers: [noise(3)])
        try home.write(try package(images: saved.dockerArchive).whole, to: "kube.tar")
        #expect(refusal("kube.tar").contains("holds kube-apiserver of several releases; say it with --kubernetes"))
    }

    @Test func `several pod networks are named and none is taken`() throws {
        var tar = try package()
        tar.add("kube/conf/net/flannel.yaml", "kind: DaemonSet\n")
        try home.write(tar.whole, to: "kube.tar")
        let result = try run("kube.tar")
        #expect(result.notes.contains { $0.contains("kube/conf/net/calico.yaml, kube/conf/net/flannel.yaml") })
        #expect(result.manifest?.file(at: "manifests/pod-network.yaml") == nil)
    }

    @Test func `flannel's network becomes the cluster's, and what tells none stays as it is`() {
        var flannel = ForeignManifest(
            "net-conf.json: |\n  {\n    \"Network\": \"10.244.0.0/16\",\n    \"Backend\": {}\n  }\n")
        let isOpen = flannel.openSubnet()
        #expect(isOpen)
        #expect(
            flannel.text == "net-conf.json: |\n  {\n    \"Network\": \"{{podSubnet}}\",\n    \"Backend\": {}\n  }\n")
        for text in ["  {\"Network\": \"10.244.0.0/16\", \"Backend\": {}}\n", "\"Network\": 10.244.0.0/16\n"] {
            var dense = ForeignManifest(text)
            let isOpen = dense.openSubnet()
            #expect(!isOpen && dense.text == text, "what it is not sure of it leaves alone")
        }
        var other = ForeignManifest("kind: DaemonSet\n  - name: OTHER\n    value: x\n")
        let hasPlace = other.openSubnet()
        #expect(!hasPlace && other.text == "kind: DaemonSet\n  - name: OTHER\n    value: x\n")
    }
}
