// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto
import FoundationEssentials
import Glibc
import HakubeBundle
import HakubeModel

/// A folder with an OCI layout in it.
struct ImageShelf {
    let folder: String

    func path(_ digest: String) -> String { "\(folder)/blobs/sha256/\(digest.dropFirst("sha256:".count))" }

    /// Stores a document or a small layer under its digest.
    func add(_ bytes: [UInt8], mediaType: String) throws -> ImageDocument.Descriptor {
        let hex = SHA256.hash(data: bytes).map { byte in
            let digits = String(byte, radix: 16)
            return digits.utf8.count == 1 ? "0" + digits : digits
        }.joined()
        let digest = "sha256:" + hex
        try LocalFile.write(bytes, to: path(digest))
        return ImageDocument.Descriptor(mediaType: mediaType, digest: digest, size: bytes.count)
    }

    /// Every blob of an image, its manifest first; `nil` if one is missing or has another size.
    func blobs(of image: LayoutImage) -> [String]? {
        guard size(image.digest) == image.size, let document = ImageDocument(file: path(image.digest)) else {
            return nil
        }
        let parts = (document.config.map { [$0] } ?? []) + (document.layers ?? [])
        guard !parts.isEmpty, parts.allSatisfy({ size($0.digest) == $0.size }) else { return nil }
        return [image.digest] + parts.map(\.digest)
    }

    /// The images that index.json names for these architectures; an index in it is looked through.
    ///
    /// - Throws: `BundleError` if it is no layout, or an image has no name.
    func images(for arches: [Architecture]) throws -> [LayoutImage] {
        guard let index = ImageDocument(file: "\(folder)/index.json"), let entries = index.manifests else {
            throw BundleError(folder, "is no OCI layout: index.json is missing or cannot be read", "make it anew")
        }
        return try entries.flatMap { entry -> [LayoutImage] in
            guard let name = entry.annotations?[ImageDocument.nameKey].flatMap(ImageName.init)?.text else {
                throw BundleError(
                    "\(folder)/index.json", "the image \(entry.digest) has no annotation \(ImageDocument.nameKey)",
                    "annotate it with its full name")
            }
            let children = ImageDocument(file: path(entry.digest))?.manifests ?? [entry]
            return children.compactMap { child -> LayoutImage? in
                guard let arch = child.platform.flatMap({ Architecture(rawValue: $0.architecture) }),
                    arches.contains(arch)
                else { return nil }
                return LayoutImage(
                    name: name, arch: arch, mediaType: child.mediaType ?? ImageDocument.manifestType,
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
        let entries = images.sorted { ($0.name, $0.arch.rawValue) < ($1.name, $1.arch.rawValue) }.map { image in
            var annotations = [ImageDocument.nameKey: image.name]
            let tag = image.name.split(separator: ":").last.map(String.init)
            if !image.name.contains("@") { annotations[ImageDocument.tagKey] = tag }
            return ImageDocument.Descriptor(
                mediaType: image.mediaType, digest: image.digest, size: image.size,
                platform: ImageDocument.Platform(architecture: image.arch.rawValue, os: "linux"),
                annotations: annotations)
        }
        let index = ImageDocument(mediaType: ImageDocument.indexType, manifests: entries)
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
}
