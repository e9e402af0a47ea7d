// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto
import Foundation

/// Blobs and manifests to be pushed, with the digests they have.
package struct RegistryContent {
    package static let ociManifest = "application/vnd.oci.image.manifest.v1+json"
    package static let ociIndex = "application/vnd.oci.image.index.v1+json"
    package static let dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
    package static let dockerList = "application/vnd.docker.distribution.manifest.list.v2+json"

    package struct Descriptor: Codable, Sendable, Hashable {
        package struct Platform: Codable, Sendable, Hashable {
            package var architecture: String
            package var os: String
            package var variant: String?
        }
        package var mediaType: String
        package var digest: String
        package var size: Int
        package var platform: Platform?
        package var annotations: [String: String]?

        package func on(_ architecture: String, os: String = "linux", variant: String? = nil) -> Descriptor {
            var copy = self
            copy.platform = Platform(architecture: architecture, os: os, variant: variant)
            return copy
        }

        package func annotated(_ annotations: [String: String]) -> Descriptor {
            var copy = self
            copy.annotations = annotations
            return copy
        }
    }

    private struct Manifest: Encodable {
        let schemaVersion = 2
        let mediaType: String
        let config: Descriptor
        let layers: [Descriptor]
    }

    private struct Index: Encodable {
        let schemaVersion = 2
        let mediaType: String
        let manifests: [Descriptor]
    }

    private struct Entry: Encodable {
        let repository: String
        let target: String
        let mediaType: String?
        let file: String
    }

    package let repository: String
    private var entries: [(entry: Entry, bytes: [UInt8])] = []

    package init(_ repository: String) { self.repository = repository }

    package mutating func blob(_ bytes: [UInt8], mediaType: String) -> Descriptor {
        let digest = "sha256:" + SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined()
        add(bytes, target: digest, mediaType: nil)
        return Descriptor(mediaType: mediaType, digest: digest, size: bytes.count)
    }

    /// An image whose only layers are the given bytes.
    package mutating func image(
        _ architecture: String, layers: [[UInt8]], tag: String? = nil, mediaType: String = ociManifest
    ) throws -> Descriptor {
        let isOCI = mediaType == Self.ociManifest
        let config = blob(
            Array(#"{"architecture":"\#(architecture)","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#.utf8),
            mediaType: isOCI
                ? "application/vnd.oci.image.config.v1+json" : "application/vnd.docker.container.image.v1+json")
        let layers = layers.map {
            blob(
                $0,
                mediaType: isOCI
                    ? "application/vnd.oci.image.layer.v1.tar+gzip"
                    : "application/vnd.docker.image.rootfs.diff.tar.gzip")
        }
        return try document(Manifest(mediaType: mediaType, config: config, layers: layers), mediaType, tag)
    }

    package mutating func index(
        _ manifests: [Descriptor], tag: String? = nil, mediaType: String = ociIndex
    ) throws -> Descriptor {
        try document(Index(mediaType: mediaType, manifests: manifests), mediaType, tag)
    }

    private mutating func document(_ content: any Encodable, _ mediaType: String, _ tag: String?) throws -> Descriptor {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let bytes = Array(try encoder.encode(content))
        let digest = "sha256:" + SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined()
        add(bytes, target: tag ?? digest, mediaType: mediaType)
        return Descriptor(mediaType: mediaType, digest: digest, size: bytes.count)
    }

    private mutating func add(_ bytes: [UInt8], target: String, mediaType: String?) {
        let entry = Entry(repository: repository, target: target, mediaType: mediaType, file: "\(entries.count)")
        entries.append((entry, bytes))
    }

    /// Writes what push.py reads.
    func write(to folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (entry, bytes) in entries { try Data(bytes).write(to: folder.appending(path: entry.file)) }
        try JSONEncoder().encode(entries.map(\.entry)).write(to: folder.appending(path: "push.json"))
    }
}
