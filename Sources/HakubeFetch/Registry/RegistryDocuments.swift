// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension ImageDescriptor {
    /// BuildKit puts provenance beside the images of an index, as a platform that nobody has.
    var isAttestation: Bool {
        annotations?["vnd.docker.reference.type"] != nil || platform?.os == "unknown"
    }
}

enum RegistryMediaType {
    /// The form before 2017, without digests of layers that could be trusted.
    static let schema1 = "application/vnd.docker.distribution.manifest.v1"
    static let accepted = (ImageMediaType.indexes.sorted() + ImageMediaType.manifests.sorted()).joined(separator: ", ")
}

/// A manifest or an index with the very bytes its digest is of.
struct RegistryDocument: Sendable {
    let bytes: [UInt8]
    let digest: String
    let mediaType: String
    let content: ImageDocument

    var isIndex: Bool { ImageMediaType.indexes.contains(mediaType) }
}
