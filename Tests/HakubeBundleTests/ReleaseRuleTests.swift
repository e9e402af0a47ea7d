// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import Testing

@testable import HakubeBundle

/// What belongs to a release, and what the folder's own programs say of it.
struct ReleaseRuleTests {
    private static let digested = "quay.io/a/b@sha256:" + String(repeating: "0", count: 64)

    private func version(_ text: String) throws -> KubernetesVersion { try #require(KubernetesVersion(text)) }

    @Test func `the table names what kubeadm asks for`() throws {
        #expect(
            RequiredImages.names(of: try version("v1.20.2")) == [
                "k8s.gcr.io/coredns:1.7.0", "k8s.gcr.io/etcd:3.4.13-0", "k8s.gcr.io/kube-apiserver:v1.20.2",
                "k8s.gcr.io/kube-controller-manager:v1.20.2", "k8s.gcr.io/kube-proxy:v1.20.2",
                "k8s.gcr.io/kube-scheduler:v1.20.2", "k8s.gcr.io/pause:3.2",
            ])
        #expect(RequiredImages.names(of: try version("v1.34.2")) == BundleFolder.images)
        let own = try #require(RequiredImages.names(of: try version("v1.36.4-rc.0"), repository: nil) ?? [])
        #expect(own.isEmpty)
        let repository = RequiredImages.names(of: try version("v1.36.3"), repository: "registry.example/k8s")
        #expect(repository?.contains("registry.example/k8s/coredns:v1.14.2") == true)
        let named = RequiredImages.names(of: try version("v1.36.3"), repository: "registry.k8s.io")
        #expect(named == RequiredImages.names(of: try version("v1.36.3")), "kubeadm's own, though it was named")
    }

    @Test func `no release stands in the table twice`() throws {
        for (number, row) in RequiredImages.table.enumerated() {
            for other in RequiredImages.table[(number + 1)...] where other.minor == row.minor {
                #expect(!row.patches.overlaps(other.patches), "1.\(row.minor)")
            }
        }
    }

    @Test(arguments: [
        ("v1.36.4", "2.3.4", true), ("v1.36.4", "2.2.0", true), ("v1.36.4", "2.1.9", false),
        ("v1.37.0", "2.4.0", true), ("v1.35.0", "2.0.9", false), ("v1.35.0", "1.7.28", true),
        ("v1.35.0", "1.7.27", false), ("v1.34.2", "2.1.2", false), ("v1.34.2", "3.0.0", true),
        ("v1.26.0", "1.5.11", false), ("v1.26.0", "1.6.20~ds1", true), ("v1.20.2", "1.6.20~ds1", true),
        ("v1.20.2", "2.0.0", false), ("v1.23.0", "2.0.0", true), ("v1.36.4", "unknown", true),
    ])
    func `containerd goes with a release or does not`(release: String, containerd: String, goes: Bool) throws {
        #expect((ContainerdSkew.fault(containerd, for: try version(release)) == nil) == goes)
    }

    @Test func `the folder's own kubeadm is asked where it runs here`() throws {
        let arch = try #require(Architecture.ofThisMachine).rawValue
        try #require(arch == "amd64" || arch == "arm64")
        let folder = try BundleFolder(arches: [arch])
        // A list in its own order, of which one image is not in the bundle.
        let script = """
            #!/bin/sh
            case $1 in
                version) echo v1.34.2 ;;
                config) printf '%s\\n' \(BundleFolder.images.reversed().joined(separator: " ")) registry.k8s.io/extra:$5 ;;
            esac
            """
        try folder.write(script, to: "bin/kubeadm")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path + "/bin/kubeadm")
        let error = #expect(throws: BundleError.self) { try folder.packed() }
        let problems = try #require(error).problems.map(\.description)
        #expect(
            problems.contains {
                $0.contains(
                    "registry.k8s.io/extra:v1.34.2: kubeadm v1.34.2 asks for the image, and the bundle does not")
            })
        #expect(problems.contains { $0.contains("Kubernetes v1.34.2 does not use extra:v1.34.2") })
        try folder.write(script.replacing("registry.k8s.io/extra:$5", with: ""), to: "bin/kubeadm")
        let manifest = try BundleReader(try folder.packed()).verify()
        #expect(manifest.requiredImages == BundleFolder.images && manifest.sandboxImage == BundleFolder.pause)
        #expect(manifest.version(of: "kubeadm") == "1.34.2")
        try folder.write(script.replacing("v1.34.2 ;;", with: "v1.33.9 ;;"), to: "bin/kubeadm")
        let other = #expect(throws: BundleError.self) { try folder.packed() }
        #expect(
            try #require(other).description.contains(
                "kubeadm: the program says that it is 1.33.9, and bundle.yaml that it is 1.34.2"))
    }

    @Test func `a release that nobody knows is told to be written down`() throws {
        let folder = try BundleFolder()
        let yaml = "kubernetes: v1.99.0\narch: amd64\n\(BundleFolder.components.replacing("1.34.2", with: "1.99.0"))\n"
            .replacing("2.1.5", with: "2.9.0")
        try folder.write(yaml, to: "bundle.yaml")
        let error = #expect(throws: BundleError.self) { try folder.packed() }
        #expect(try #require(error).description.contains("nothing says which images kubeadm v1.99.0 asks for"))
        try folder.write(yaml + "requiredImages: [\"\(BundleFolder.pause)\"]\n", to: "bundle.yaml")
        let short = #expect(throws: BundleError.self) { try folder.packed() }
        let problems = try #require(short).problems.map(\.description)
        #expect(problems.count { $0.contains("and the list does not have it") } == 4, "\(problems)")
        #expect(problems.contains { $0.contains("needs one image of etcd, and the list has 0") })
        let images = BundleFolder.images.map { $0.replacing("v1.34.2", with: "v1.99.0") }
        try folder.writeImages(names: images)
        let list = images.map { "\"\($0)\"" }.joined(separator: ", ")
        try folder.write(yaml + "requiredImages: [\(list)]\n", to: "bundle.yaml")
        #expect(try BundleReader(try folder.packed()).verify().requiredImages == images)
        #expect(!RequiredImages.isTabled(try version("v1.99.0")) && RequiredImages.isTabled(try version("v1.34.2")))
    }

    @Test func `components are as bundle.yaml has them, and a file's mode is what it is`() throws {
        let folder = try BundleFolder()
        let yaml =
            "kubernetes: v1.34.2\narch: amd64\ncomponents: {flannel: v0.28.10, containerd: 2.1.5"
            + ", kubeadm: 1.34.2, kubectl: 1.34.2, kubelet: 1.34.2}\n"
        try folder.write(yaml, to: "bundle.yaml")
        try folder.write("#!/bin/sh\n", to: "files/run")
        try folder.write("text\n", to: "files/note")
        let manifest = try BundleReader(try folder.packed()).verify()
        #expect(
            manifest.components.map { "\($0.name) \($0.version)" } == [
                "containerd 2.1.5", "flannel 0.28.10", "kubeadm 1.34.2", "kubectl 1.34.2", "kubelet 1.34.2",
            ])
        #expect(manifest.file(at: "files/run")?.mode == 0o755 && manifest.file(at: "files/note")?.mode == 0o644)
    }

    @Test(arguments: [
        ("busybox", "docker.io/library/busybox:latest"), ("busybox:1.35", "docker.io/library/busybox:1.35"),
        ("calico/node:v3", "docker.io/calico/node:v3"), ("localhost/x", "localhost/x:latest"),
        (digested, digested), ("a:5000/b", "a:5000/b:latest"),
    ])
    func `a short name is completed as containerd does it`(name: String, full: String) {
        #expect(ImageName(name)?.text == full)
    }

    @Test(arguments: [
        ("image: localhost/x", "names the image localhost/x by the tag latest, which Kubernetes pulls each time"),
        ("image: localhost/x, imagePullPolicy: Always", "asks with imagePullPolicy Always to pull the image"),
        ("image: localhost/x, imagePullPolicy: IfNotPresent", nil), ("image: localhost/x, imagePullPolicy: Never", nil),
        ("image: 'localhost/{{x}}:latest'", nil),
    ])
    func `a manifest that would pull is told`(container: String, fault: String?) throws {
        let folder = try BundleFolder()
        try folder.writeImages(names: BundleFolder.images + ["localhost/x:latest"])
        try folder.write("spec: {initContainers: [{\(container)}]}\n", to: "manifests/add-on.yaml")
        guard let fault else {
            _ = try folder.packed()
            return
        }
        let error = #expect(throws: BundleError.self) { try folder.packed() }
        #expect(try #require(error).description.contains("manifests/add-on.yaml: \(fault)"))
    }
}
