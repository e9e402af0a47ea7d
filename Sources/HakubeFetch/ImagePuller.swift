// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// Pulls images from registries into an OCI layout, by the distribution API; no container engine.
///
/// Logins are those of Docker's config.json; most public images need none.
package struct ImagePuller: Sendable {
    private let session: FetchSession

    package init(options: FetchOptions, progress: any FetchProgress) {
        self.init(FetchSession(options: options, progress: progress))
    }

    init(_ session: FetchSession) { self.session = session }

    /// Blobs are written to `layout` and shared by all images; index.json is rewritten with all that was pulled.
    ///
    /// An image that is asked for by digest gets the name `REPOSITORY@DIGEST` as well, and keeps the index it names.
    /// - Parameter layout: path of a folder; it is made.
    /// - Returns: an image for each reference and architecture, sorted by both.
    /// - Throws: `FetchError` with everything that failed; `CancellationError`.
    package func pull(
        _ references: [String], for arches: [Architecture], into layout: String
    ) async throws -> [PulledImage] {
        let folder = ImageLayoutFolder(layout)
        let client = RegistryClient(session, layout: folder)
        let names = try Self.names(references)
        let wanted = Set(arches).sorted { $0.rawValue < $1.rawValue }
        let images = try await SideBySide.map(names, atMost: session.options.parallel) { name in
            try await ImageResolver(client: client).resolve(name, for: wanted)
        }.flatMap { $0 }
        try await fetchBlobs(of: images, client)
        for document in images.flatMap({ [$0.manifest] + $0.keptIndexes }) { try folder.add(blob: document.bytes) }
        try folder.write(images.flatMap(\.entries))
        return images.map(\.pulled)
    }

    private static func names(_ references: [String]) throws -> [ImageName] {
        let names = references.map { (text: $0, name: ImageName($0)) }
        let problems = names.filter { $0.name == nil }.map { reference in
            Problem(
                place: reference.text, message: "it is no reference of an image",
                remedy: "write registry, path and tag, such as registry.k8s.io/pause:3.10")
        }
        guard problems.isEmpty else { throw FetchError(problems: problems) }
        return Set(names.compactMap(\.name)).sorted { $0.text < $1.text }
    }

    private struct BlobTransfer: Sendable {
        let file: FileTransfer
        let blob: ImageDescriptor
        let place: RegistryPlace
    }

    /// A blob that several images need comes once, from the first of them.
    private func fetchBlobs(of images: [ResolvedImage], _ client: RegistryClient) async throws {
        var transfers: [String: BlobTransfer] = [:]
        for image in images {
            for blob in image.blobs {
                let file = try client.transfer(of: blob, at: image.place)
                guard let other = transfers[file.destination] else {
                    transfers[file.destination] = BlobTransfer(file: file, blob: blob, place: image.place)
                    continue
                }
                guard other.blob.size == blob.size else { throw other.file.wrongSize(blob.size) }
            }
        }
        let missing = try await session.missing(transfers.values.map(\.file))
        session.progress.planned(
            transfers: missing.count, bytes: missing.reduce(0) { min($0 + ($1.size ?? 0), 1 << 60) })
        // The longest first, so that none of them is left alone at the end.
        let ordered = missing.sorted { ($1.size ?? 0, $0.label) < ($0.size ?? 0, $1.label) }
        _ = try await SideBySide.map(ordered.compactMap { transfers[$0.destination] }, atMost: session.options.parallel)
        {
            try await client.fetch($0.file, digest: $0.blob.digest, at: $0.place)
        }
    }
}

extension ResolvedImage {
    /// containerd finds `repository@sha256:INDEX` only when the index itself is there.
    fileprivate var keptIndexes: [RegistryDocument] { place.name.digest == nil ? [] : indexes }

    fileprivate var entries: [ImageLayoutFolder.Entry] {
        let target = keptIndexes.first ?? manifest
        return Set([place.name.text, place.name.pinnedText ?? place.name.text]).map { name in
            ImageLayoutFolder.Entry(
                name: name, arch: arch, mediaType: target.mediaType, digest: target.digest, size: target.bytes.count)
        }
    }

    fileprivate var pulled: PulledImage {
        PulledImage(
            reference: place.name.text, arch: arch, digest: manifest.digest, mediaType: manifest.mediaType,
            size: manifest.bytes.count, indexDigest: indexes.first?.digest)
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
