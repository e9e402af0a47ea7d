// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import Glibc
import HakubeBundle
import HakubeModel

/// The OCI layout that an import fills: blobs by their digest, each once, and an index of names.
final class ImageStore {
    private let folder: String
    /// A layout that the images shall join in the end; nothing is written there before.
    private let target: String?
    private let limits: ImportLimits
    private var entries: [ImageDescriptor] = []

    /// - Parameters:
    ///   - folder: a new layout.
    ///   - target: images that are in it already stay.
    init(folder: String, joining target: String? = nil, limits: ImportLimits) throws {
        self.folder = folder
        self.target = target
        self.limits = limits
        try ImportFile.makeFolder("\(folder)/blobs/sha256")
        guard let target, let bytes = try ImportFile.bytes("\(target)/index.json", limit: limits.document) else {
            return
        }
        let index = try? JSONDecoder().decode(ImageDocument.self, from: Data(bytes))
        guard let manifests = index?.manifests else {
            throw BundleError("\(target)/index.json", "it is no index of images", "mend it, or take images/ out")
        }
        entries = manifests
    }

    var names: [ImageName] {
        entries.compactMap { $0.annotations?[ImageDescriptor.nameKey].flatMap(ImageName.init) }
    }

    private func path(_ digest: String) -> String {
        "\(folder)/blobs/sha256/\(digest.dropFirst(ImageDigest.prefix.count))"
    }

    /// True where a blob is there already with these very bytes. One of the target's may have been damaged since.
    func holds(_ blob: ImageDescriptor) throws -> Bool {
        if let size = ImportFile.size(path(blob.digest)) { return size == blob.size }
        guard let target else { return false }
        let place = "\(target)/blobs/sha256/\(blob.digest.dropFirst(ImageDigest.prefix.count))"
        guard ImportFile.size(place) == blob.size else { return false }
        return try ImageDigest.of(file: place).digest == blob.digest
    }

    func add(_ bytes: [UInt8], mediaType: String) throws -> ImageDescriptor {
        let digest = ImageDigest.of(bytes)
        if !ImportFile.exists(path(digest)) { try ImportFile.write(bytes, to: path(digest)) }
        return ImageDescriptor(mediaType: mediaType, digest: digest, size: bytes.count)
    }

    /// - Parameter digest: of the file's bytes, known to be right.
    func add(file: String, digest: String) throws {
        if !ImportFile.exists(path(digest)) { try ImportFile.place(file, at: path(digest)) }
    }

    /// Names an image whose blobs are here.
    ///
    /// - Throws: `BundleError` if the name stands for another image already.
    func add(_ name: ImageName, _ manifest: ImageDescriptor, arch: Architecture, from source: String) throws {
        let known = entries.first { $0.annotations?[ImageDescriptor.nameKey] == name.text && $0.isFor(arch) }
        if let known {
            guard known.digest == manifest.digest else {
                throw BundleError(
                    source, "the image \(name.text) is there twice, and the two are not the same",
                    "take one of them out")
            }
            return
        }
        var annotations = [ImageDescriptor.nameKey: name.text]
        annotations[ImageDescriptor.tagKey] = name.tag
        entries.append(
            ImageDescriptor(
                mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.size,
                platform: ImageDescriptor.Platform(architecture: arch.rawValue, os: "linux"), annotations: annotations))
    }

    /// - Returns: the image's name.
    /// - Throws: `BundleError` if it is no program for this architecture.
    func add(guardian program: String, arch: Architecture, from source: String) throws -> String {
        guard Program.architecture(ImportFile.head(program)) == arch else {
            throw BundleError(
                program, "it is no hakube-guardian for \(arch.rawValue)", "name one for the hosts with --guardian FILE")
        }
        let image = try GuardianImage(of: program, for: arch, version: HakubeVersion.current)
        for blob in image.blobs { _ = try add(blob.bytes, mediaType: blob.descriptor.mediaType ?? "") }
        guard let name = ImageName(image.name) else {
            throw BundleError(program, "hakube's own version is no tag of an image", "report it")
        }
        try add(name, image.manifest, arch: arch, from: source)
        return name.text
    }

    /// Writes what makes the folder a layout, and the target one that has these images as well.
    func finish() throws {
        entries.sort { ($0.sortKey, $0.digest) < ($1.sortKey, $1.digest) }
        var index = ImageDocument(mediaType: ImageMediaType.index)
        index.manifests = entries
        try ImportFile.write(try ImageDocument.bytes(index), to: "\(folder)/index.json")
        try ImportFile.write([UInt8](#"{"imageLayoutVersion":"1.0.0"}"#.utf8), to: "\(folder)/oci-layout")
        if let target { try join(target) }
    }

    /// The blobs first and the index last: until then the layout is what it was before.
    private func join(_ target: String) throws {
        let (own, theirs) = ("\(folder)/blobs/sha256", "\(target)/blobs/sha256")
        try ImportFile.makeFolder(theirs)
        var placed: [String] = []
        do {
            for name in try FileManager.default.contentsOfDirectory(atPath: own).sorted() {
                let (source, place) = ("\(own)/\(name)", "\(theirs)/\(name)")
                let isNew = !ImportFile.exists(place)
                if !isNew, try ImageDigest.of(file: place).digest == ImageDigest.prefix + name { continue }
                if isNew { placed.append(place) }
                try ImportFile.place(source, at: place)
            }
            try replace("\(target)/oci-layout", by: "\(folder)/oci-layout")
            try replace("\(target)/index.json", by: "\(folder)/index.json")
        } catch {
            for place in placed { unlink(place) }
            throw error
        }
    }

    private func replace(_ place: String, by source: String) throws {
        try ImportFile.place(source, at: "\(place).new")
        guard rename("\(place).new", place) == 0 else {
            let fault = ImportFile.fault("write", place)
            unlink("\(place).new")
            throw fault
        }
    }
}

extension ImageDescriptor {
    fileprivate var sortKey: String { annotations?[Self.nameKey] ?? "" }
    /// An entry without a platform is for whatever the bundle is for.
    fileprivate func isFor(_ arch: Architecture) -> Bool { platform.map { $0.architecture == arch.rawValue } ?? true }
}
