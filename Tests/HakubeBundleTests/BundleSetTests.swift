// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

@testable import HakubeBundle

@Suite struct BundleSetTests {
    private func file(_ path: String, _ sha256: String = "0", roles: [String] = ["node"]) -> BundleManifest.File {
        BundleManifest.File(
            path: path, mode: 0o644, size: 1, sha256: sha256, roles: roles,
            arch: Architecture(rawValue: String(path.prefix { $0 != "/" })), stored: 1, storedSha256: "")
    }

    private var network: BundleManifest.File { file("manifests/pod-network.yaml", "1") }

    private func manifest(
        _ arch: Architecture, _ release: String = "v1.34.2", containerd: String = "2.1.5", files: [BundleManifest.File]
    ) -> BundleManifest {
        let image = BundleManifest.Image(
            name: "a.b/pause:3", arch: arch, mediaType: "", digest: "", size: 1, blobs: [], roles: ["node"])
        return BundleManifest(
            kubernetes: release, arches: [arch], components: [.init(name: "containerd", version: containerd)],
            sandboxImage: "a.b/pause:3", requiredImages: ["a.b/pause:3"], files: files, images: [image])
    }

    @Test func `files of two architectures are one bundle, and a shared blob goes to whom either gives it`() throws {
        let blob = "images/blobs/sha256/1"
        let joined = try BundleSet.joined([
            ("b", manifest(.arm64, files: [file("arm64/bin/kubelet"), file(blob, "1", roles: ["node"])])),
            ("a", manifest(.amd64, files: [file("amd64/bin/kubelet"), file(blob, "1", roles: ["master"])])),
        ])
        #expect(joined.arches == [.amd64, .arm64])
        #expect(joined.files.map(\.path) == ["amd64/bin/kubelet", "arm64/bin/kubelet", blob])
        #expect(joined.file(at: blob)?.roles == ["master", "node"])
        #expect(joined.images.map(\.arch) == [.amd64, .arm64])
        #expect(joined.components.map(\.version) == ["2.1.5"] && joined.requiredImages == ["a.b/pause:3"])
    }

    @Test func `files of two releases do not go together`() {
        expect("a: it is of v1.34.2 and b of v1.34.3", manifest(.arm64, "v1.34.3", files: [network]))
    }

    @Test func `two files for one architecture do not go together`() {
        expect("a: the bundles are for amd64, amd64", manifest(.amd64, files: [network]))
    }

    @Test func `files with two versions of containerd do not go together`() {
        expect("a: containerd is 2.1.5 here and 1.7.28 in b", manifest(.arm64, containerd: "1.7.28", files: [network]))
    }

    @Test func `manifests of one name and two contents do not go together`() {
        let other = manifest(.arm64, files: [file("manifests/pod-network.yaml", "2")])
        expect("a: manifests/pod-network.yaml: b has another of that name", other)
    }

    @Test func `what all hosts get is in both files, for the same hosts`() {
        let more = manifest(.arm64, files: [file("files/x"), network])
        expect("a: files/x (node): it is not in both, a and b, for the same hosts", more)
    }

    private func expect(_ words: String, _ other: BundleManifest, sourceLocation: SourceLocation = #_sourceLocation) {
        let own = manifest(.amd64, files: [network])
        let error = #expect(throws: BundleError.self, sourceLocation: sourceLocation) {
            try BundleSet.joined([("a", own), ("b", other)])
        }
        #expect(error?.problems.map(\.description).first?.hasPrefix(words) == true, "\(error as Any)")
    }
}
