// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeBundle
import HakubeModel

/// An OCI layout: of `skopeo copy`, `ctr images export`, or a Docker from 25 on, which writes one beside its manifest.json.
struct LayoutArchive {
    static let index = "index.json"
    static let marker = "oci-layout"

    let tree: FileTree
    let store: ImageStore
    let limits: ImportLimits

    /// Takes each image for one architecture: an export often names variants whose blobs it has not.
    ///
    /// - Parameter arch: `nil` takes the first variant whose manifest is here.
    /// - Throws: `BundleError`.
    func add(for arch: Architecture?) throws -> (names: [ImageName], unnamed: Int) {
        let tags = try dockerTags()
        guard let entries = try document(Self.index)?.manifests else {
            throw BundleError(tree.title, "its index.json is no index of images", "export the images again")
        }
        var names: [ImageName] = []
        var unnamed = 0
        for entry in entries {
            guard let image = try image(entry, for: arch) else {
                throw BundleError(
                    tree.title,
                    "the image \((label(entry) ?? entry.digest).printable) has no variant"
                        + (arch.map { " for linux/\($0.rawValue)" } ?? " that is whole"),
                    "export it for the machines that shall run it")
            }
            let own = self.names(entry, image, tags)
            if own.isEmpty { unnamed += 1 }
            guard !own.isEmpty else { continue }
            try take(image, called: own[0].text)
            for name in own { try store.add(name, image.manifest, arch: image.arch, from: tree.title) }
            names += own
        }
        return (names, unnamed)
    }

    private struct Variant {
        let manifest: ImageDescriptor
        let document: ImageDocument
        let arch: Architecture
    }

    /// An index may stand in an index; deeper, nobody has made one in earnest.
    private func image(_ entry: ImageDescriptor, for arch: Architecture?, depth: Int = 0) throws -> Variant? {
        guard depth < 3, let document = try document(blob: entry) else { return nil }
        for child in document.manifests ?? [] where child.platform?.os ?? "linux" == "linux" {
            let own = child.platform.flatMap { Architecture(rawValue: $0.architecture) }
            guard child.platform == nil || own == arch || arch == nil && own != nil else { continue }
            if let found = try image(child, for: arch, depth: depth + 1) { return found }
        }
        guard document.manifests == nil, let config = document.config, document.layers != nil,
            let bytes = try blob(config).flatMap({ try ImportFile.bytes($0, limit: limits.document) }),
            let configuration = try? JSONDecoder().decode(ImageConfiguration.self, from: Data(bytes))
        else { return nil }
        let own = try configuration.architecture(of: label(entry) ?? entry.digest, in: tree.title, for: arch)
        var manifest = entry
        manifest.mediaType = document.mediaType ?? entry.mediaType ?? ImageMediaType.manifest
        return Variant(manifest: manifest, document: document, arch: own)
    }

    /// Proves every blob of an image and takes it over.
    private func take(_ image: Variant, called name: String) throws {
        let parts = [image.manifest] + (image.document.config.map { [$0] } ?? []) + (image.document.layers ?? [])
        for part in parts {
            guard ImageDigest.isValid(part.digest) else {
                throw BundleError(
                    tree.title, "the image \(name) names a blob by `\(part.digest.printable)`",
                    "use an image whose blobs have sha256 digests")
            }
            if try store.holds(part) { continue }
            guard let file = blob(part) else {
                throw BundleError(
                    tree.title, "the image \(name) is not whole: its blob \(part.digest.printable) is missing",
                    "export it again")
            }
            let (digest, size) = try ImageDigest.of(file: file)
            guard digest == part.digest, size == part.size else {
                throw BundleError(
                    tree.title, "the image \(name) is not whole: its blob \(part.digest) has other bytes",
                    "export it again")
            }
            try store.add(file: file, digest: digest)
        }
    }

    private func names(_ entry: ImageDescriptor, _ image: Variant, _ tags: [String: [String]]) -> [ImageName] {
        let annotations = entry.annotations ?? [:]
        var written = [annotations[ImageDescriptor.nameKey]].compactMap { $0 }
        // The tag alone is no name; skopeo writes the whole of it.
        if written.isEmpty, let name = annotations[ImageDescriptor.tagKey], name.contains("/") { written = [name] }
        if written.isEmpty, let config = image.document.config { written = tags[config.digest] ?? [] }
        // A name by digest means those very bytes, which a variant of them is not.
        return written.compactMap(ImageName.init).filter { $0.digest == nil || $0.digest == image.manifest.digest }
    }

    private func label(_ entry: ImageDescriptor) -> String? {
        entry.annotations?[ImageDescriptor.nameKey] ?? entry.annotations?[ImageDescriptor.tagKey]
    }

    /// Names by the digest of the configuration.
    private func dockerTags() throws -> [String: [String]] {
        guard tree.path(of: DockerArchive.manifest) != nil else { return [:] }
        var tags: [String: [String]] = [:]
        for image in (try? DockerArchive.images(tree, limits)) ?? [] {
            let hex = image.Config.split(separator: "/").last?.prefix { $0 != "." } ?? ""
            tags[ImageDigest.prefix + hex, default: []] += image.RepoTags ?? []
        }
        return tags
    }

    private func blob(_ descriptor: ImageDescriptor) -> String? {
        guard ImageDigest.isValid(descriptor.digest) else { return nil }
        return tree.path(of: "blobs/sha256/\(descriptor.digest.dropFirst(ImageDigest.prefix.count))")
    }

    private func document(blob descriptor: ImageDescriptor) throws -> ImageDocument? {
        try blob(descriptor).flatMap { path in
            guard let bytes = try ImportFile.bytes(path, limit: limits.document),
                ImageDigest.of(bytes) == descriptor.digest
            else { return nil }
            return try? JSONDecoder().decode(ImageDocument.self, from: Data(bytes))
        }
    }

    private func document(_ name: String) throws -> ImageDocument? {
        guard let bytes = try tree.path(of: name).flatMap({ try ImportFile.bytes($0, limit: limits.document) }) else {
            return nil
        }
        return try? JSONDecoder().decode(ImageDocument.self, from: Data(bytes))
    }
}
