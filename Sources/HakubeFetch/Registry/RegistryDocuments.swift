// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Documents of a registry, as far as pulling needs them (image-spec 1.1; Docker's schema 2 has the same shapes).
struct RegistryDescriptor: Codable, Hashable, Sendable {
    struct Platform: Codable, Hashable, Sendable {
        var architecture: String
        var os: String
        var variant: String?
    }

    var mediaType: String?
    var digest: String
    var size: Int
    var platform: Platform?
    var annotations: [String: String]?

    /// BuildKit puts provenance beside the images of an index, as a platform that nobody has.
    var isAttestation: Bool {
        annotations?["vnd.docker.reference.type"] != nil || platform?.os == "unknown"
    }
}

enum RegistryMediaType {
    static let ociIndex = "application/vnd.oci.image.index.v1+json"
    static let indexes: Set<String> = [ociIndex, "application/vnd.docker.distribution.manifest.list.v2+json"]
    static let manifests: Set<String> = [
        "application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json",
    ]
    /// The form before 2017, without digests of layers that could be trusted.
    static let schema1 = "application/vnd.docker.distribution.manifest.v1"
    static var accepted: String { (indexes.sorted() + manifests.sorted()).joined(separator: ", ") }
}

/// The fields by which a manifest and an index are told apart and walked.
struct RegistryManifest: Codable, Sendable {
    var schemaVersion: Int
    var mediaType: String?
    var config: RegistryDescriptor?
    var layers: [RegistryDescriptor]?
    var manifests: [RegistryDescriptor]?
}

/// A manifest or an index with the very bytes its digest is of.
struct RegistryDocument: Sendable {
    let bytes: [UInt8]
    let digest: String
    let mediaType: String
    let content: RegistryManifest

    var isIndex: Bool { RegistryMediaType.indexes.contains(mediaType) }
}

/// Where an image's configuration says it runs.
struct RegistryConfiguration: Decodable {
    var architecture: String
    var os: String
}
