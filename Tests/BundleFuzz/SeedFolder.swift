// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto
import Foundation

/// The smallest folder that packs: programs that are nothing but an ELF header, images of a few bytes.
struct SeedFolder {
    private static let programs =
        ["kubeadm", "kubelet", "kubectl", "containerd", "containerd-shim-runc-v2", "ctr", "runc", "crictl"]
        .map { "bin/\($0)" } + ["loopback", "bridge", "host-local", "portmap"].map { "cni/\($0)" }
    private static let images =
        ["kube-apiserver", "kube-controller-manager", "kube-proxy", "kube-scheduler"].map { "\($0):v1.34.2" }
        + ["etcd:3.6.5-0", "coredns/coredns:v1.12.1", "pause:3.10.1"]

    let path: String

    init(_ path: String) throws {
        self.path = path
        var header = [UInt8](repeating: 0, count: 64)
        header.replaceSubrange(0..<6, with: [0x7f, 0x45, 0x4c, 0x46, 2, 1])
        header[18] = 62
        for program in Self.programs { try write(header, to: program) }
        try write(
            """
            kubernetes: v1.34.2
            arch: amd64
            roles: {manifests/*: [master]}
            components: {containerd: 2.1.5, kubeadm: 1.34.2, kubectl: 1.34.2, kubelet: 1.34.2}

            """, to: "bundle.yaml")
        try write(
            "spec: {containers: [{image: \"registry.k8s.io/pause:3.10.1\"}]}\n", to: "manifests/pod-network.yaml")
        let descriptors = try Self.images.map { name in
            let config = try blob(#"{"architecture":"amd64","os":"linux","name":"\#(name)"}"#)
            let layer = try blob("layer of \(name)")
            let manifest = try blob(#"{"schemaVersion":2,"config":\#(config),"layers":[\#(layer)]}"#)
            let type = "application/vnd.oci.image.manifest.v1+json"
            let names = #"{"io.containerd.image.name":"registry.k8s.io/\#(name)"}"#
            return manifest.dropLast() + #","mediaType":"\#(type)","annotations":\#(names)}"#
        }
        try write(
            #"{"schemaVersion":2,"manifests":[\#(descriptors.joined(separator: ","))]}"#, to: "images/index.json")
        try write(#"{"imageLayoutVersion":"1.0.0"}"#, to: "images/oci-layout")
    }

    private func blob(_ text: String) throws -> String {
        let sum = Sum.hex(Array(text.utf8))
        try write(text, to: "images/blobs/sha256/\(sum)")
        return #"{"digest":"sha256:\#(sum)","size":\#(text.utf8.count)}"#
    }

    private func write(_ text: String, to name: String) throws { try write([UInt8](text.utf8), to: name) }

    private func write(_ bytes: [UInt8], to name: String) throws {
        let file = URL(filePath: "\(path)/\(name)")
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
    }
}

enum Sum {
    static func hex(_ bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
