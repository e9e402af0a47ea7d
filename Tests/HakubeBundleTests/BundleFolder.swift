// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import Testing

@testable import HakubeBundle

/// A folder under the system's temporary one, gone with the value that holds it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("hakube-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: "\(path)/\(name)"))) }

    func write(_ bytes: [UInt8], to name: String) throws {
        let file = URL(filePath: "\(path)/\(name)")
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
    }
}

/// A small folder that packs: twelve programs for each architecture, the images of a release, which share a layer, one
/// manifest.
struct BundleFolder {
    static let apiserver = "registry.k8s.io/kube-apiserver:v1.34.2"
    static let pause = "registry.k8s.io/pause:3.10.1"
    /// What kubeadm of that release asks for, sorted.
    static let images = [
        "registry.k8s.io/coredns/coredns:v1.12.1", "registry.k8s.io/etcd:3.6.5-0", apiserver,
        "registry.k8s.io/kube-controller-manager:v1.34.2", "registry.k8s.io/kube-proxy:v1.34.2",
        "registry.k8s.io/kube-scheduler:v1.34.2", pause,
    ]
    /// The programs here do not run, so their versions are written down.
    static let components =
        "components: {containerd: 2.1.5, kubeadm: 1.34.2, kubectl: 1.34.2, kubelet: 1.34.2}"
    private static let machines: [String: UInt8] = ["amd64": 62, "arm64": 183]

    let home: TemporaryFolder
    var path: String { home.path + "/in" }

    /// - Parameters:
    ///   - arches: several lie in folders of their own.
    ///   - imageArch: what the images say they are for, where that is not the bundle's.
    init(arches: [String] = ["amd64"], imageArch: String? = nil) throws {
        home = try TemporaryFolder()
        for arch in arches {
            let folder = arches.count > 1 ? "\(arch)/" : ""
            for program in ProgramRules.needed {
                let bytes = Self.program(machine: Self.machines[arch] ?? 62, filler: program)
                try write(bytes, to: folder + program)
            }
        }
        try write(
            """
            kubernetes: v1.34.2
            arch: [\(arches.joined(separator: ", "))]
            roles:
              images/registry.k8s.io/kube-apiserver: [master]
              manifests/*: [master]
            \(Self.components)

            """, to: "bundle.yaml")
        let manifest = """
            kind: DaemonSet
            spec: {template: {spec: {containers: [{name: pause, image: "\(Self.pause)"}]}}}
            """
        try write(manifest, to: "manifests/pod-network.yaml")
        try writeImages(arches: imageArch.map { [$0] } ?? arches)
    }

    /// Packs the folder and gives the file's path.
    func packed(_ name: String = "a.tar") throws -> String {
        _ = try BundlePacker.pack(folder: path, to: "\(home.path)/\(name)")
        return "\(home.path)/\(name)"
    }

    func write(_ bytes: [UInt8], to name: String) throws { try home.write(bytes, to: "in/\(name)") }
    func write(_ text: String, to name: String) throws { try write([UInt8](text.utf8), to: name) }
    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }

    func writeImages(arches: [String] = ["amd64"], names: [String] = images) throws {
        try? remove("images")
        let shared = try blob(Self.noise(7000), type: "application/vnd.oci.image.layer.v1.tar")
        let descriptors = try names.enumerated().flatMap { index, name in
            try arches.map { arch in
                let own = try blob(Self.noise(3000 + index), type: "application/vnd.oci.image.layer.v1.tar")
                let config = try blob(
                    [UInt8](#"{"architecture":"\#(arch)","os":"linux","n":\#(index)}"#.utf8),
                    type: "application/vnd.oci.image.config.v1+json")
                let manifest = #"{"schemaVersion":2,"config":\#(config),"layers":[\#(shared),\#(own)]}"#
                let descriptor = try blob([UInt8](manifest.utf8), type: "application/vnd.oci.image.manifest.v1+json")
                let platform = #""platform":{"architecture":"\#(arch)","os":"linux"}"#
                return descriptor.dropLast()
                    + #",\#(platform),"annotations":{"io.containerd.image.name":"\#(name)"}}"#
            }
        }
        try write(
            #"{"schemaVersion":2,"manifests":[\#(descriptors.joined(separator: ","))]}"#, to: ImageLayout.index)
        try write(#"{"imageLayoutVersion":"1.0.0"}"#, to: ImageLayout.marker)
    }

    /// Stores a blob and gives its descriptor.
    private func blob(_ bytes: [UInt8], type: String) throws -> String {
        let sum = Digest.hex(of: bytes)
        try write(bytes, to: ImageLayout.blobs + sum)
        return #"{"mediaType":"\#(type)","digest":"sha256:\#(sum)","size":\#(bytes.count)}"#
    }

    /// An ELF header (64 bit, little endian) and some text.
    static func program(machine: UInt8 = 62, filler: String = "") -> [UInt8] {
        var head = [UInt8](repeating: 0, count: 64)
        head.replaceSubrange(0..<6, with: [0x7f, 0x45, 0x4c, 0x46, 2, 1])
        head[18] = machine
        return head + [UInt8](filler.utf8) + noise(900)
    }

    /// Bytes that do not compress, the same each time.
    static func noise(_ count: Int) -> [UInt8] {
        var state = UInt64(count) &* 0x9e37_79b9_7f4a_7c15 | 1
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 40)
        }
    }
}
