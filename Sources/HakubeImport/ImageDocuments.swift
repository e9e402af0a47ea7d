// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials

/// The OCI documents as far as an import reads and writes them (image-spec 1.1).
struct ImageDescriptor: Codable, Hashable {
    struct Platform: Codable, Hashable {
        var architecture: String
        var os: String
    }

    /// containerd takes an image's whole name from the first, other tools its tag from the second.
    static let nameKey = "io.containerd.image.name"
    static let tagKey = "org.opencontainers.image.ref.name"

    var mediaType: String?
    var digest: String
    var size: Int
    var platform: Platform?
    var annotations: [String: String]?
}

/// An index, a manifest list, or the manifest of one image: told apart by what they have.
struct ImageDocument: Codable {
    static let indexType = "application/vnd.oci.image.index.v1+json"
    static let manifestType = "application/vnd.oci.image.manifest.v1+json"
    static let configType = "application/vnd.oci.image.config.v1+json"
    static let layerType = "application/vnd.oci.image.layer.v1.tar"

    var schemaVersion: Int? = 2
    var mediaType: String?
    var config: ImageDescriptor?
    var layers: [ImageDescriptor]?
    var manifests: [ImageDescriptor]?

    init(mediaType: String, config: ImageDescriptor? = nil, layers: [ImageDescriptor]? = nil) {
        self.mediaType = mediaType
        self.config = config
        self.layers = layers
    }

    /// Same value, same bytes.
    static func bytes(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(value))
    }
}

/// What of an image's configuration says where it runs and what its layers are.
struct ImageConfiguration: Decodable {
    struct Root: Decodable {
        /// Digests of the layers, uncompressed.
        let diff_ids: [String]
    }

    let architecture: String?
    let os: String?
    let rootfs: Root?
}

/// An entry of a docker-archive's manifest.json.
struct DockerImage: Decodable {
    let Config: String
    let RepoTags: [String]?
    let Layers: [String]
}
