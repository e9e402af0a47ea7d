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

/// A small folder that packs: twelve programs, two images that share a layer, one manifest.
struct BundleFolder {
    static let apiserver = "registry.k8s.io/kube-apiserver:v1.34.2"
    static let pause = "registry.k8s.io/pause:3.10"

    let home: TemporaryFolder
    var path: String { home.path + "/in" }

    init(arch: String = "amd64") throws {
        home = try TemporaryFolder()
        for program in ProgramRules.needed { try write(Self.program(filler: program), to: program) }
        try write(
            """
            kubernetes: v1.34.2
            arch: amd64
            roles:
              images/registry.k8s.io/kube-apiserver: [master]
              manifests/*: [master]

            """, to: "bundle.yaml")
        let manifest = """
            kind: DaemonSet
            spec: {template: {spec: {containers: [{name: pause, image: "\(Self.pause)"}]}}}
            """
        try write(manifest, to: "manifests/pod-network.yaml")
        try writeImages(arch: arch)
    }

    func write(_ bytes: [UInt8], to name: String) throws { try home.write(bytes, to: "in/\(name)") }
    func write(_ text: String, to name: String) throws { try write([UInt8](text.utf8), to: name) }
    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }

    func writeImages(arch: String = "amd64", names: [String] = [apiserver, pause]) throws {
        try? remove("images")
        let shared = try blob(Self.noise(70_000), type: "application/vnd.oci.image.layer.v1.tar")
        let descriptors = try names.enumerated().map { index, name in
            let own = try blob(Self.noise(3000 + index), type: "application/vnd.oci.image.layer.v1.tar")
            let config = try blob(
                [UInt8](#"{"architecture":"\#(arch)","os":"linux","n":\#(index)}"#.utf8),
                type: "application/vnd.oci.image.config.v1+json")
            let manifest = #"{"schemaVersion":2,"config":\#(config),"layers":[\#(shared),\#(own)]}"#
            let descriptor = try blob([UInt8](manifest.utf8), type: "application/vnd.oci.image.manifest.v1+json")
            return descriptor.dropLast() + #","annotations":{"io.containerd.image.name":"\#(name)"}}"#
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

/// A plain tar taken apart, to be put together wrongly.
struct TarParts {
    struct Entry {
        var header: TarHeader
        var content: [UInt8]

        var bytes: [UInt8] {
            header.block + content + [UInt8](repeating: 0, count: TarHeader.padding(after: content.count))
        }
    }

    var entries: [Entry] = []

    init(_ tar: [UInt8]) {
        var rest = tar[...]
        while let header = TarHeader(block: Array(rest.prefix(TarHeader.byteCount))) {
            rest = rest.dropFirst(TarHeader.byteCount)
            entries.append(Entry(header: header, content: Array(rest.prefix(header.size))))
            rest = rest.dropFirst(TarHeader.entrySize(header.size) - TarHeader.byteCount)
        }
    }

    var bytes: [UInt8] { entries.flatMap(\.bytes) + TarHeader.trailer }

    mutating func add(_ path: String, _ text: String, kind: UInt8 = TarHeader.regularFile) {
        let content = [UInt8](text.utf8)
        entries.append(
            Entry(header: TarHeader(path: path, mode: 0o644, size: content.count, kind: kind), content: content))
    }

    func index(of path: String) throws -> Int {
        try #require(entries.firstIndex { $0.header.path == path })
    }
}
