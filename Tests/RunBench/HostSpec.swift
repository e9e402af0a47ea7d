// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan

/// Clusters of any size, through the same door as an operator's inventory.
enum HostSpec {
    /// Three masters, the rest workers with a label each, as an inventory file would have them.
    static func cluster(of count: Int) throws -> ClusterSpec {
        let nodes = (3..<count).map { "  - address: \(address($0))\n    labels:\n      zone: z\($0 % 7)\n" }
        let masters = (0..<3).map { address($0) }.joined(separator: ", ")
        let text =
            "kubernetes: v1.34.2\ncluster: bench\nmasters: [\(masters)]\nnodes:\n\(nodes.joined())"
            + "network:\n  podSubnet: 100.64.0.0/10\n"
        return try ClusterSpec.make(inventory: Inventory(yaml: text, file: "bench.yaml"))
    }

    private static func address(_ number: Int) -> String {
        let place = number + 1
        return "10.\(50 + place >> 16).\(place >> 8 & 255).\(place & 255)"
    }
}

/// What a bundle of the usual size names: as many files and images, no content.
enum SampleBundle {
    static var contents: BundleContents {
        let names = [
            "bin/kubelet", "bin/kubeadm", "bin/kubectl", "bin/containerd", "bin/ctr", "bin/runc", "bin/crictl",
        ]
        let plugins = (0..<18).map { "cni/plugin\($0)" }
        let images = (0..<12).map { image($0) }
        let blobs = Set(images.flatMap(\.blobs)).sorted().map { "images/blobs/sha256/\($0.dropFirst(7))" }
        let files = (names + plugins + blobs).map { path in
            BundleManifest.File(
                path: path, mode: 0o755, size: 20_000_000, sha256: digest(path), roles: ["master", "node"],
                stored: 7_000_000, storedSha256: digest("stored \(path)"))
        }
        let manifest = BundleManifest(
            kubernetes: "v1.34.2", arches: [.amd64], files: files.sorted { $0.path < $1.path }, images: images)
        return BundleContents(manifest: manifest, id: "0123456789ab", podNetwork: "# a network\n")
    }

    private static func image(_ number: Int) -> BundleManifest.Image {
        let blobs = (0..<6).map { "sha256:" + digest("blob \(number) \($0)") }
        return BundleManifest.Image(
            name: "registry.example/image\(number):1", arch: .amd64, mediaType: "application/json", digest: blobs[0],
            size: 1000, blobs: blobs, roles: ["master", "node"])
    }

    /// 64 hex digits that tell names apart.
    private static func digest(_ name: String) -> String {
        let sum = name.utf8.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
        let digits = String(sum, radix: 16)
        return String(repeating: "0", count: 64 - digits.count) + digits
    }
}
