// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import HakubeTransport
import Testing

@testable import HakubeBundle

/// Bundles for several architectures, what an upgrade brings, and how little of a file is read.
struct ArchitectureTests {
    @Test func `one bundle serves two architectures, and each host gets its own`() throws {
        let folder = try BundleFolder(arches: ["amd64", "arm64"])
        let reader = BundleReader(try folder.packed("a.tar.zst"))
        let manifest = try reader.verify()
        #expect(manifest.arches == [.amd64, .arm64])
        #expect(manifest.images.count == 2 * BundleFolder.images.count)
        #expect(try BundlePacker.usualName(of: folder.path) == "kube-v1.34.2-linux-amd64-arm64.tar.zst")
        for (arch, machine) in [(Architecture.amd64, UInt8(62)), (.arm64, 183)] {
            let shipment = try reader.shipment(for: .master, on: arch, of: manifest)
            let source = shipment.tar(of: shipment.items)
            let bytes = try source.allBytes
            #expect(bytes.count == source.byteCount)
            let tar = PlainTar(bytes)
            let kubelet = try #require(tar.entries.first { $0.header.path == "bin/kubelet" })
            #expect(kubelet.content[18] == machine)
            let index = try #require(tar.entries.first { $0.header.path == ImageLayout.index })
            let images = try JSONDecoder().decode(ImageIndex.self, from: Data(index.content)).manifests
            #expect(images.count == BundleFolder.images.count)
            #expect(images.allSatisfy { $0.platform?.architecture == arch.rawValue })
            let blobs = Set(tar.entries.map(\.header.path).filter { $0.hasPrefix(ImageLayout.blobs) })
            #expect(images.allSatisfy { blobs.contains(ImageLayout.path(ofBlob: $0.digest)) })
            // The layer that all share, and of each image: manifest, configuration, own layer.
            #expect(blobs.count == 1 + 3 * BundleFolder.images.count)
        }
        let error = #expect(throws: BundleError.self) { try reader.shipment(for: .node, on: .s390x, of: manifest) }
        #expect(try #require(error).description.contains("the bundle is not for s390x"))
    }

    @Test func `an image or a program that one architecture lacks is told with it`() throws {
        let folder = try BundleFolder(arches: ["amd64", "arm64"], imageArch: "amd64")
        try folder.remove("arm64/bin/runc")
        let error = #expect(throws: BundleError.self) { try folder.packed() }
        let text = try #require(error).description
        #expect(text.contains("arm64/bin/runc: the program is missing"))
        #expect(text.contains("names the image \(BundleFolder.pause), which is not in the bundle for arm64"))
    }

    @Test func `programs for several architectures lie in folders that say which`() throws {
        let folder = try BundleFolder(arches: ["amd64", "arm64"])
        try folder.write(BundleFolder.program(), to: "bin/extra")
        let error = #expect(throws: BundleError.self) { try folder.packed() }
        #expect(
            try #require(error).description.contains(
                "bin: does not say which architecture it is for; put it into one of amd64/bin, arm64/bin"))
    }

    @Test func `what an upgrade brings is told for each kind of host`() throws {
        let folder = try BundleFolder()
        let old = try BundleReader(try folder.packed("a.tar")).manifest()
        try folder.write(BundleFolder.program(filler: "new"), to: "bin/kubelet")
        try folder.write("x", to: "files/note")
        let added = "registry.k8s.io/metrics-server/metrics-server:v0.8.1"
        try folder.writeImages(names: BundleFolder.images + [added])
        let new = try BundleReader(try folder.packed("b.tar")).manifest()
        let difference = BundleDifference(from: old, to: new)
        #expect(difference.versions.isEmpty)
        #expect(difference.hosts.map(\.role) == ["master", "node"])
        for hosts in difference.hosts {
            #expect(hosts.newImages == [added] && hosts.goneImages.isEmpty && hosts.gone.isEmpty)
            let files = hosts.new.map(\.path)
            #expect(files.filter { !$0.hasPrefix("images/") } == ["bin/kubelet", "files/note"])
            #expect(files.count == 5)
            #expect(hosts.bytes < hosts.bytesInAll / 4)
        }
        #expect(BundleDifference(from: new, to: new).hosts.allSatisfy { $0.new.isEmpty && $0.bytes == 0 })
        #expect(BundleDifference(from: new, to: old).hosts.allSatisfy { $0.goneImages == [added] })
    }

    @Test(arguments: ["tar", "tar.gz", "tar.zst"])
    func `the manifest and a text cost a few blocks of a large file`(ending: String) throws {
        let folder = try BundleFolder()
        for number in 0..<8 { try folder.write(BundleFolder.noise(1 << 20), to: "files/large\(number)") }
        let reader = BundleReader(try folder.packed("a.\(ending)"))
        let (file, head) = try reader.open()
        #expect(file.size > 8 << 20)
        #expect(file.bytesRead < 1 << 18, "\(file.bytesRead)")
        let text = try #require(head.frames.first { $0.file.path == "manifests/pod-network.yaml" })
        let before = file.bytesRead
        try text.entry(of: file).read { _ in }
        #expect(file.bytesRead - before <= text.file.stored + TarHeader.byteCount)
    }
}
