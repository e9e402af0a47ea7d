// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import Testing

@testable import HakubeBundle

/// What a folder may not be. Every fault has its sentence and is told with all the others.
struct PackFaultTests {
    private func faults(_ change: (BundleFolder) throws -> Void) throws -> [String] {
        let folder = try BundleFolder()
        try change(folder)
        let target = folder.home.path + "/a.tar"
        let error = #expect(throws: BundleError.self) { try BundlePacker.pack(folder: folder.path, to: target) }
        #expect(!FileManager.default.fileExists(atPath: target))
        #expect(!FileManager.default.fileExists(atPath: target + ".part"))
        return try #require(error).problems.map(\.description)
    }

    @Test func `all faults come at once`() throws {
        let faults = try faults { folder in
            try folder.remove("bin/kubelet")
            try folder.write(BundleFolder.program(machine: 183), to: "bin/runc")
            try folder.write("text\n", to: "cni/bridge")
            try folder.write("x", to: "notes.txt")
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder.path)/bin/extra", withDestinationPath: "kubeadm")
            try folder.write(
                "kubernetes: new\narch: amd64\ncolour: red\nroles: {bin/nothing: [master], bin/ctr: [boss]}",
                to: "bundle.yaml")
        }
        for part in [
            "bin/kubelet: the program is missing", "bin/runc: the program is for arm64, and its folder for amd64",
            "cni/bridge: is neither an ELF program nor a script", "notes.txt: does not belong",
            "bin/extra: is a symbolic link",
            "bundle.yaml:1: `new` is no Kubernetes release",
            "bundle.yaml:3: the key `colour` is unknown", "`bin/nothing` fits no file", "`bin/ctr` has no valid list",
        ] { #expect(faults.contains { $0.contains(part) }, "\(part) in \(faults)") }
        #expect(faults.count == 9)
    }

    @Test func `a folder without bundle.yaml is refused`() throws {
        let faults = try faults { try $0.remove("bundle.yaml") }
        #expect(faults.count == 1 && faults[0].contains("bundle.yaml: the file is missing"))
    }

    @Test func `an unknown architecture is told alone, not once more for every program`() throws {
        let faults = try faults { try $0.write("kubernetes: v1.34.2\narch: mips\n", to: "bundle.yaml") }
        #expect(faults.count == 1 && faults[0].contains("bundle.yaml:2: `mips` is no architecture"))
    }

    @Test func `a bundle.yaml that is no YAML is refused`() throws {
        let faults = try faults { try $0.write("roles: [", to: "bundle.yaml") }
        #expect(faults.contains { $0.contains("bundle.yaml: is not YAML") })
    }

    @Test func `a blob that is not its name is refused`() throws {
        var sum = ""
        let faults = try faults { folder in
            sum = Digest.hex(of: BundleFolder.noise(7000))
            try folder.write(BundleFolder.noise(7001), to: ImageLayout.blobs + sum)
        }
        #expect(faults.contains { $0.contains("\(sum): the blob's content has sha256") })
    }

    @Test func `a missing blob names the images that need it`() throws {
        let faults = try faults { folder in
            try folder.remove(ImageLayout.blobs + Digest.hex(of: BundleFolder.noise(7000)))
        }
        #expect(faults.count == 7)
        #expect(faults.allSatisfy { $0.contains("the blob is missing, and the image registry.k8s.io/") })
    }

    @Test func `a blob that nobody needs is refused`() throws {
        let faults = try faults { folder in
            try folder.write("stray", to: ImageLayout.blobs + Digest.hex(of: [UInt8]("stray".utf8)))
        }
        #expect(faults.count == 1 && faults[0].contains("no image needs this blob"))
    }

    @Test(arguments: ["pause:3.10", "registry.k8s.io/pause", "Registry.k8s.io/Pause:1", "docker.io/busybox:"])
    func `a short image name is refused`(name: String) throws {
        let faults = try faults { try $0.writeImages(names: BundleFolder.images + [name]) }
        #expect(faults.count == 1 && faults[0].contains("the image name `\(name)` is not full"))
    }

    @Test func `two images of one name are refused`() throws {
        let faults = try faults {
            try $0.writeImages(names: BundleFolder.images + [BundleFolder.pause])
        }
        #expect(faults.contains { $0.contains("two images for amd64 have the name \(BundleFolder.pause)") })
    }

    @Test func `an image for another platform is refused`() throws {
        let faults = try faults { try $0.writeImages(arches: ["arm64"]) }
        #expect(faults.count { $0.contains("is for linux/arm64") } == 7)
        #expect(faults.contains { $0.contains("is for linux/arm64, the bundle for linux/amd64") })
    }

    @Test func `a manifest that would pull an image is refused`() throws {
        let faults = try faults { folder in
            try folder.write("spec: {containers: [{image: quay.io/x/y:1}]}\n", to: "manifests/z.yaml")
            try folder.write("a: [", to: "manifests/bad.yaml")
        }
        #expect(faults.count == 2)
        #expect(faults.contains { $0.contains("z.yaml: names the image quay.io/x/y:1, which is not in the bundle") })
        #expect(faults.contains { $0.contains("manifests/bad.yaml: is not YAML") })
    }

    @Test func `a file name that a shell could misread is refused`() throws {
        let faults = try faults { try $0.write("a", to: "manifests/a b.yaml") }
        #expect(faults.count == 1 && faults[0].contains("characters other than"))
    }

    @Test func `an ending without meaning is refused before anything is read`() throws {
        let error = #expect(throws: BundleError.self) {
            try BundlePacker.pack(folder: "/nonexistent", to: "/nonexistent/x.zip")
        }
        #expect(try #require(error).description.contains("the ending says no compression"))
    }

    @Test func `a folder that cannot be written to is a sentence`() throws {
        let folder = try BundleFolder()
        let error = #expect(throws: BundleError.self) {
            try BundlePacker.pack(folder: folder.path, to: folder.home.path + "/none/x.tar")
        }
        #expect(try #require(error).description.contains("cannot write: No such file or directory"))
    }
}
