// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel

/// Asks registries for manifests and blobs (OCI distribution-spec 1.1, pull).
struct RegistryClient: Sendable {
    /// The specification asks registries to take at least so much; none is larger in practice.
    static let manifestLimit = 4 << 20
    static let configurationLimit = 8 << 20
    /// No layer is so large, and sums of such sizes stay numbers.
    static let blobLimit = 1 << 40

    let session: FetchSession
    let layout: ImageLayoutFolder
    private let logins: RegistryLogins

    init(_ session: FetchSession, layout: ImageLayoutFolder) {
        self.session = session
        self.layout = layout
        let path = session.options.dockerConfig ?? DockerConfig.usualPath
        logins = RegistryLogins(path.map { DockerConfig(path: $0) } ?? DockerConfig())
    }

    /// Calls `body` with the Authorization header that the repository wants, and once more when it wants another.
    private func loggedIn<Value: Sendable>(
        _ place: RegistryPlace, _ body: (_ authorization: String?) async throws -> Value
    ) async throws -> Value {
        do {
            return try await body(logins.current(for: place))
        } catch let refusal as TransferFailure where refusal.reason == .status(401) {
            return try await body(try await logins.answer(refusal, for: place, session))
        }
    }

    /// A manifest or an index. One with a digest that stands in the layout is not fetched.
    /// - Parameter target: tag or digest.
    /// - Throws: `FetchError`; `CancellationError`.
    func document(_ target: String, expecting descriptor: ImageDescriptor? = nil, at place: RegistryPlace)
        async throws -> RegistryDocument
    {
        let subject = place.subject.place
        if let size = descriptor?.size, !(0...Self.manifestLimit).contains(size) {
            throw FetchError(subject, "its index names a manifest of \(size) bytes", "use another image or tag")
        }
        if ImageDigest.isValid(target), let bytes = try await layout.blob(target, limit: Self.manifestLimit) {
            return try read(bytes, mediaType: descriptor?.mediaType, at: place)
        }
        let (response, bytes) = try await session.retrying(place.subject) {
            try await loggedIn(place) { authorization in
                try await session.get(
                    HTTPRequest(
                        url: place.url("manifests", target), headers: ["Accept": RegistryMediaType.accepted],
                        authorization: authorization, isChecked: ImageDigest.isValid(target)),
                    limit: Self.manifestLimit)
            }
        }
        let digest = "sha256:\(StreamDigest.sha256(of: bytes))"
        // A tag's answer says its digest itself; a proxy that cuts or swaps bodies is found out.
        let expected = ImageDigest.isValid(target) ? target : response.head["docker-content-digest"] ?? digest
        guard digest == expected || !expected.hasPrefix("sha256:") else {
            throw FetchError(
                subject, "the manifest that came has the digest \(digest), but \(expected) is expected",
                "the registry or a proxy on the way is wrong; use a mirror (--mirror)")
        }
        guard descriptor.map({ $0.size == bytes.count }) ?? true else {
            throw FetchError(
                subject, "the manifest \(digest) has not the length its index says", "push the image again")
        }
        let field = response.head["content-type"]?.prefix { $0 != ";" }.filter { $0 != " " }
        return try read(bytes, mediaType: field, at: place)
    }

    private func read(_ bytes: [UInt8], mediaType said: String?, at place: RegistryPlace) throws -> RegistryDocument {
        let subject = place.subject.place
        guard let content = try? JSONDecoder().decode(ImageDocument.self, from: Data(bytes)) else {
            throw FetchError(subject, "what came is no manifest of an image", "check the registry's name")
        }
        let mediaType = content.mediaType ?? said ?? ""
        if mediaType.hasPrefix(RegistryMediaType.schema1) || content.schemaVersion == 1 {
            throw FetchError(
                subject, "it is an image in Docker's schema 1, which nobody can check",
                "push it again with a docker or skopeo of after 2017")
        }
        let isIndex = ImageMediaType.indexes.contains(mediaType)
        guard isIndex || ImageMediaType.manifests.contains(mediaType) else {
            throw FetchError(
                subject, "its media type `\(mediaType.prefix(100))` is none of an image",
                "use an image in OCI's form or in Docker's schema 2")
        }
        // A document that is both would be read differently by different programs.
        let isWhole = isIndex ? content.manifests != nil : content.config != nil && content.layers != nil
        guard isWhole, isIndex == (content.layers == nil), isIndex == (content.config == nil) else {
            throw FetchError(subject, "its manifest contradicts its media type", "push the image again")
        }
        return RegistryDocument(
            bytes: bytes, digest: "sha256:\(StreamDigest.sha256(of: bytes))", mediaType: mediaType, content: content)
    }

    /// What it takes to have a blob in the layout.
    /// - Throws: `FetchError` for a descriptor that cannot be true.
    func transfer(of blob: ImageDescriptor, at place: RegistryPlace) throws -> FileTransfer {
        guard ImageDigest.isValid(blob.digest), (0...Self.blobLimit).contains(blob.size) else {
            throw FetchError(
                place.subject.place, "it names a blob by `\(blob.digest.prefix(100))` with \(blob.size) bytes",
                "use an image whose blobs have sha256 digests and sizes of files")
        }
        let digits = blob.digest.dropFirst("sha256:".count)
        return FileTransfer(
            label: "\(place.name.short) \(digits.prefix(12))", subject: place.subject, part: "the blob \(blob.digest)",
            destination: layout.path(of: blob.digest), checksum: Checksum(.sha256, hex: digits), size: blob.size)
    }

    func fetch(_ transfer: FileTransfer, digest: String, at place: RegistryPlace) async throws {
        try await session.run(transfer) { attempt in
            try await loggedIn(place) { authorization in
                try await attempt(
                    HTTPRequest(url: place.url("blobs", digest), authorization: authorization, isChecked: true))
            }
        }
    }
}
