// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeBundle
import HakubeFetch
import HakubeModel

/// A folder with an OCI layout in it.
struct ImageShelf {
    let folder: String

    func path(_ digest: String) -> String { ImageLayoutFolder(folder).path(of: digest) }

    func add(_ image: GuardianImage, for arch: Architecture) throws -> LayoutImage {
        for blob in image.blobs { try ImageLayoutFolder(folder).add(blob: blob.bytes) }
        return LayoutImage(
            name: image.name, arch: arch, mediaType: ImageMediaType.manifest, digest: image.manifest.digest,
            size: image.manifest.size)
    }

    /// Every blob of an image, its manifest or index first; `nil` if one is missing or has another size.
    func blobs(of image: LayoutImage) -> [String]? {
        guard size(image.digest) == image.size, let document = ImageDocument(file: path(image.digest)) else {
            return nil
        }
        if let children = document.manifests {
            for child in children where child.platform?.architecture == image.arch.rawValue {
                if let parts = parts(of: child) { return [image.digest] + parts }
            }
            return nil
        }
        return parts(of: ImageDescriptor(digest: image.digest, size: image.size))
    }

    /// A manifest, its configuration and its layers.
    private func parts(of manifest: ImageDescriptor) -> [String]? {
        guard size(manifest.digest) == manifest.size, let document = ImageDocument(file: path(manifest.digest)),
            let config = document.config, let layers = document.layers,
            ([config] + layers).allSatisfy({ size($0.digest) == $0.size })
        else { return nil }
        return [manifest.digest, config.digest] + layers.map(\.digest)
    }

    /// What was pulled under a name. One that is named by its digest stays what has that digest, an index mostly:
    /// containerd does not find it otherwise.
    func image(_ pulled: PulledImage) -> LayoutImage {
        let isPinned = ImageName(pulled.reference)?.digest == pulled.indexDigest
        if isPinned, let digest = pulled.indexDigest, let size = size(digest),
            let index = ImageDocument(file: path(digest))
        {
            return LayoutImage(
                name: pulled.reference, arch: pulled.arch, mediaType: index.mediaType ?? ImageMediaType.index,
                digest: digest, size: size)
        }
        return LayoutImage(
            name: pulled.reference, arch: pulled.arch, mediaType: pulled.mediaType, digest: pulled.digest,
            size: pulled.size)
    }

    /// The images that index.json names for these architectures; an index in it is looked through.
    ///
    /// - Throws: `BundleError` if it is no layout, or an image has no name.
    func images(for arches: [Architecture]) throws -> [LayoutImage] {
        guard let index = ImageDocument(file: "\(folder)/index.json"), let entries = index.manifests else {
            throw BundleError(folder, "is no OCI layout: index.json is missing or cannot be read", "make it anew")
        }
        return try entries.flatMap { entry -> [LayoutImage] in
            guard let name = entry.annotations?[ImageDescriptor.nameKey].flatMap(ImageName.init)?.text else {
                throw BundleError(
                    "\(folder)/index.json", "the image \(entry.digest) has no annotation \(ImageDescriptor.nameKey)",
                    "annotate it with its full name")
            }
            let children = ImageDocument(file: path(entry.digest))?.manifests ?? [entry]
            return children.compactMap { child -> LayoutImage? in
                guard let arch = child.platform.flatMap({ Architecture(rawValue: $0.architecture) }),
                    arches.contains(arch)
                else { return nil }
                return LayoutImage(
                    name: name, arch: arch, mediaType: child.mediaType ?? ImageMediaType.manifest,
                    digest: child.digest, size: child.size)
            }
        }
    }

    /// Makes this folder the layout of these images. Their blobs are linked in from the shelves that have them.
    func fill(_ images: [LayoutImage], from shelves: [ImageShelf]) throws {
        for image in images {
            guard let (shelf, blobs) = Self.find(image, on: shelves) else {
                throw BundleError(
                    "\(image.name) for \(image.arch.rawValue)", "its blobs are not all there",
                    "build again with --refresh")
            }
            for blob in blobs where shelf.folder != folder && !LocalFile.exists(path(blob)) {
                try LocalFile.link(shelf.path(blob), to: path(blob))
            }
        }
        // An index serves all its architectures under one entry; a manifest is for one.
        let entries = Set(images.map(Entry.init)).sorted().map { entry in
            var annotations = [ImageDescriptor.nameKey: entry.name]
            if let image = ImageName(entry.name), image.digest == nil {
                annotations[ImageDescriptor.tagKey] = image.tag
            }
            return ImageDescriptor(
                mediaType: entry.mediaType, digest: entry.digest, size: entry.size,
                platform: entry.arch.map { ImageDescriptor.Platform(architecture: $0.rawValue, os: "linux") },
                annotations: annotations)
        }
        let index = ImageDocument(mediaType: ImageMediaType.index, manifests: entries)
        try LocalFile.write(try ImageDocument.bytes(index), to: "\(folder)/index.json")
        try LocalFile.write(Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8), to: "\(folder)/oci-layout")
    }

    private static func find(_ image: LayoutImage, on shelves: [ImageShelf]) -> (ImageShelf, [String])? {
        for shelf in shelves {
            if let blobs = shelf.blobs(of: image) { return (shelf, blobs) }
        }
        return nil
    }

    private func size(_ digest: String) -> Int? { LocalFile.size(path(digest)) }

    /// A line of index.json.
    private struct Entry: Hashable, Comparable {
        let name: String
        let arch: Architecture?
        let mediaType: String
        let digest: String
        let size: Int

        init(_ image: LayoutImage) {
            name = image.name
            arch = ImageMediaType.indexes.contains(image.mediaType) ? nil : image.arch
            mediaType = image.mediaType
            digest = image.digest
            size = image.size
        }

        static func < (left: Entry, right: Entry) -> Bool {
            (left.name, left.arch?.rawValue ?? "") < (right.name, right.arch?.rawValue ?? "")
        }
    }
}
