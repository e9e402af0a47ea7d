// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The OCI documents as far as hakube reads and writes them (image-spec 1.1; Docker's schema 2 has the same shapes).
package struct ImageDescriptor: Sendable, Hashable, Codable {
    package struct Platform: Sendable, Hashable, Codable {
        package var architecture: String
        package var os: String
        package var variant: String?

        package init(architecture: String, os: String) {
            self.architecture = architecture
            self.os = os
        }
    }

    /// containerd takes an image's whole name from the first, other tools its tag from the second.
    package static let nameKey = "io.containerd.image.name"
    package static let tagKey = "org.opencontainers.image.ref.name"

    package var mediaType: String?
    package var digest: String
    package var size: Int
    package var platform: Platform?
    package var annotations: [String: String]?

    package init(
        mediaType: String? = nil, digest: String, size: Int, platform: Platform? = nil,
        annotations: [String: String]? = nil
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.platform = platform
        self.annotations = annotations
    }
}

/// An index, a manifest list, or the manifest of one image: told apart by what they have.
package struct ImageDocument: Sendable, Codable {
    package var schemaVersion: Int? = 2
    package var mediaType: String?
    package var config: ImageDescriptor?
    package var layers: [ImageDescriptor]?
    package var manifests: [ImageDescriptor]?

    package init(
        mediaType: String, config: ImageDescriptor? = nil, layers: [ImageDescriptor]? = nil,
        manifests: [ImageDescriptor]? = nil
    ) {
        self.mediaType = mediaType
        self.config = config
        self.layers = layers
        self.manifests = manifests
    }
}

/// What of an image's configuration says where it runs and what its layers are.
package struct ImageConfiguration: Sendable, Decodable {
    package struct Root: Sendable, Decodable {
        /// Digests of the layers, uncompressed.
        package let diff_ids: [String]
    }

    package let architecture: String?
    package let os: String?
    package let rootfs: Root?
}

package enum ImageMediaType {
    package static let index = "application/vnd.oci.image.index.v1+json"
    package static let indexes: Set<String> = [index, "application/vnd.docker.distribution.manifest.list.v2+json"]
    package static let manifest = "application/vnd.oci.image.manifest.v1+json"
    package static let manifests: Set<String> = [manifest, "application/vnd.docker.distribution.manifest.v2+json"]
    package static let config = "application/vnd.oci.image.config.v1+json"
    package static let layer = "application/vnd.oci.image.layer.v1.tar"
}
