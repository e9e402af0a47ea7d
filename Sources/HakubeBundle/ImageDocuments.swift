// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The OCI documents as far as hakube reads and writes them (image-spec 1.1: descriptor, index, manifest, config).
struct ImageDescriptor: Codable, Hashable {
    struct Platform: Codable, Hashable {
        var architecture: String
        var os: String
    }

    static let nameKey = "io.containerd.image.name"
    static let tagKey = "org.opencontainers.image.ref.name"

    var mediaType: String?
    var digest: String
    var size: Int
    var platform: Platform?
    var annotations: [String: String]?
}

/// An index names images; the same shape is Docker's manifest list.
struct ImageIndex: Codable {
    static let mediaType = "application/vnd.oci.image.index.v1+json"
    static let mediaTypes: Set<String> = [mediaType, "application/vnd.docker.distribution.manifest.list.v2+json"]

    var schemaVersion: Int
    var mediaType: String?
    var manifests: [ImageDescriptor]
}

/// The manifest of one image: its configuration and layers; Docker's schema 2 has the same shape.
struct ImageManifest: Codable {
    static let mediaTypes: Set<String> = [
        "application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json",
    ]

    var config: ImageDescriptor
    var layers: [ImageDescriptor]
}

/// The part of an image's configuration that says where it runs.
struct ImageConfiguration: Codable {
    var architecture: String
    var os: String
}
