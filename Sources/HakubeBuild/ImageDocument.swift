// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel

/// The OCI documents that a build reads and writes (image-spec 1.1).
struct ImageDocument: Codable {
    struct Descriptor: Codable, Hashable {
        var mediaType: String?
        var digest: String
        var size: Int
        var platform: Platform?
        var annotations: [String: String]?
    }

    struct Platform: Codable, Hashable {
        var architecture: String
        var os: String
    }

    static let indexType = "application/vnd.oci.image.index.v1+json"
    static let indexTypes = [indexType, "application/vnd.docker.distribution.manifest.list.v2+json"]
    static let manifestType = "application/vnd.oci.image.manifest.v1+json"
    static let configType = "application/vnd.oci.image.config.v1+json"
    static let layerType = "application/vnd.oci.image.layer.v1.tar"
    /// containerd takes an image's whole name from the first, other tools its tag from the second.
    static let nameKey = "io.containerd.image.name"
    static let tagKey = "org.opencontainers.image.ref.name"

    var schemaVersion = 2
    var mediaType: String?
    var config: Descriptor?
    var layers: [Descriptor]?
    var manifests: [Descriptor]?

    /// Same value, same bytes.
    static func bytes(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(value))
    }

    init?(file: String) {
        guard let text = LocalFile.text(file, limit: 4 << 20),
            let document = try? JSONDecoder().decode(ImageDocument.self, from: Data(text.utf8))
        else { return nil }
        self = document
    }

    init(mediaType: String, config: Descriptor? = nil, layers: [Descriptor]? = nil, manifests: [Descriptor]? = nil) {
        self.mediaType = mediaType
        self.config = config
        self.layers = layers
        self.manifests = manifests
    }
}

/// One image of one architecture in a layout.
struct LayoutImage: Codable, Hashable {
    let name: String
    let arch: Architecture
    let mediaType: String
    let digest: String
    let size: Int
}
