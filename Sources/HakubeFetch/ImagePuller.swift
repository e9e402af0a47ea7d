// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// Pulls images from registries into an OCI layout, by the distribution API; no container engine.
package struct ImagePuller: Sendable {
    private let options: FetchOptions
    private let progress: any FetchProgress

    package init(options: FetchOptions, progress: any FetchProgress) {
        self.options = options
        self.progress = progress
    }

    /// Blobs are written to `layout` and shared by all images; index.json is rewritten with all that was pulled.
    /// - Parameter layout: path of a folder; it is made.
    /// - Returns: an image for each reference and architecture, sorted by both.
    /// - Throws: `FetchError` with everything that failed; `CancellationError`.
    package func pull(
        _ references: [String], for arches: [Architecture], into layout: String
    ) async throws -> [PulledImage] {
        throw FetchError(references.first ?? "", "cannot be pulled yet", "wait")
    }
}

/// An image of one architecture that stands in the layout now.
package struct PulledImage: Sendable, Hashable {
    /// Full: registry, path, tag or digest, as asked for.
    package let reference: String
    package let arch: Architecture
    /// Of the manifest: `sha256:…`.
    package let digest: String
    package let mediaType: String
    /// Of the manifest, in bytes.
    package let size: Int
    /// Of the index the manifest was picked from.
    package let indexDigest: String?

    package init(
        reference: String, arch: Architecture, digest: String, mediaType: String, size: Int, indexDigest: String?
    ) {
        self.reference = reference
        self.arch = arch
        self.digest = digest
        self.mediaType = mediaType
        self.size = size
        self.indexDigest = indexDigest
    }
}
