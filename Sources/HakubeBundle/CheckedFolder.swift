// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// A folder in which nothing was found wrong: all that its manifest will say but what compression makes of it.
struct CheckedFolder: Sendable {
    struct File: Sendable {
        /// In the archive.
        let path: String
        /// On this machine.
        let source: String
        let mode: Int
        let size: Int
        let sha256: String
        let roles: [String]
        let arch: Architecture?
        let effort: FrameOutput.Effort
    }

    let kubernetes: KubernetesVersion
    let arches: [Architecture]
    let components: [BundleManifest.Component]
    let requiredImages: [String]
    let images: [BundleManifest.Image]
    /// In the order of the archive.
    let files: [File]

    /// - Parameter frames: of each file the size and the digest of its stored bytes.
    func manifest(_ frames: [(size: Int, sha256: String)]) -> BundleManifest {
        BundleManifest(
            kubernetes: kubernetes.description, arches: arches, components: components,
            sandboxImage: requiredImages.first { RequiredImages.isPause($0) }, requiredImages: requiredImages,
            files: zip(files, frames).map { file, frame in
                BundleManifest.File(
                    path: file.path, mode: file.mode, size: file.size, sha256: file.sha256, roles: file.roles,
                    arch: file.arch, stored: frame.size, storedSha256: frame.sha256)
            }, images: images)
    }
}
