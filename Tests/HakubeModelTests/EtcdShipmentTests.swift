// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

/// What an etcd host gets of bundles that know masters and nodes only.
struct EtcdShipmentTests {
    private static func file(_ path: String, _ roles: [String] = ["master", "node"]) -> BundleManifest.File {
        let arch = path.hasPrefix("amd64/") ? Architecture.amd64 : nil
        return BundleManifest.File(
            path: path, mode: 0o644, size: 1, sha256: String(path.split(separator: "/").last ?? ""), roles: roles,
            arch: arch, stored: 1, storedSha256: "")
    }

    private static func image(_ name: String, _ blob: String, _ roles: [String]) -> BundleManifest.Image {
        BundleManifest.Image(
            name: name, arch: .amd64, mediaType: "", digest: "sha256:\(blob)", size: 1, blobs: ["sha256:\(blob)"],
            roles: roles)
    }

    private let manifest = BundleManifest(
        kubernetes: "v1.34.2", arches: [.amd64], sandboxImage: "mirror.example.com/k8s/pause:3.10.1",
        files: [
            file("amd64/bin/hakube-guardian", ["node"]), file("amd64/bin/kubeadm"), file("amd64/bin/kubectl"),
            file("amd64/bin/kubelet"), file("amd64/cni/loopback"), file("files/own.conf"),
            file("images/blobs/sha256/1", ["master"]), file("images/blobs/sha256/2"), file("images/blobs/sha256/3"),
            file("images/index.json"), file("images/oci-layout"), file("manifests/pod-network.yaml", ["master"]),
        ],
        images: [
            image("registry.k8s.io/etcd:3.6.5-0", "1", ["master"]),
            image("mirror.example.com/k8s/pause:3.10.1", "2", ["master", "node"]),
            image("registry.k8s.io/kube-proxy:v1.34.2", "3", ["master", "node"]),
            image("quay.io/etcd-operator/etcd-backup:1", "3", ["master"]),
        ])

    @Test func `it gets what makes a kubelet run, etcd and the pause image`() {
        #expect(
            manifest.files(for: .etcd, on: .amd64).map(\.stagePath) == [
                "bin/kubeadm", "bin/kubelet", "cni/loopback", "images/blobs/sha256/1", "images/blobs/sha256/2",
                "images/index.json", "images/oci-layout",
            ])
        #expect(
            manifest.images(for: .etcd, on: .amd64).map(\.name) == [
                "registry.k8s.io/etcd:3.6.5-0", "mirror.example.com/k8s/pause:3.10.1",
            ])
    }

    @Test func `masters and nodes get what they got`() {
        #expect(manifest.files(for: .master, on: .amd64).count == 11)
        #expect(
            manifest.files(for: .node, on: .amd64).map(\.stagePath) == [
                "bin/hakube-guardian", "bin/kubeadm", "bin/kubectl", "bin/kubelet", "cni/loopback", "files/own.conf",
                "images/blobs/sha256/2", "images/blobs/sha256/3", "images/index.json", "images/oci-layout",
            ])
    }
}
