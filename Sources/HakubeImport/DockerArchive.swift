// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CLibArchive
import Crypto
import FoundationEssentials
import HakubeBundle
import HakubeModel

/// What `docker save` writes: manifest.json, and for each image a configuration and its layers as tars, some of them links to
/// the layers of other images.
///
/// An image becomes an OCI manifest without a byte of its layers changed: a plain layer's digest is its diff id.
struct DockerArchive {
    static let manifest = "manifest.json"

    let tree: FileTree
    let store: ImageStore
    let limits: ImportLimits
    /// Layers that were hashed already, by their path.
    private var layers: [String: (layer: ImageDescriptor, diffID: String)] = [:]

    init(tree: FileTree, store: ImageStore, limits: ImportLimits) {
        self.tree = tree
        self.store = store
        self.limits = limits
    }

    /// - Parameter arch: `nil` takes every image; else one for another architecture is an error.
    /// - Returns: the names, and how many images had none.
    /// - Throws: `BundleError`.
    mutating func add(for arch: Architecture?) throws -> (names: [ImageName], unnamed: Int) {
        var names: [ImageName] = []
        var unnamed = 0
        for image in try Self.images(tree, limits) {
            let own = image.RepoTags ?? []
            // What nobody can name no pod can use.
            guard !own.isEmpty else {
                unnamed += 1
                continue
            }
            let (manifest, found) = try manifest(of: image, called: own[0], for: arch)
            for text in own {
                guard let name = ImageName(text) else {
                    throw BundleError(tree.title, "`\(text.printable)` is no name of an image", "save it under another")
                }
                try store.add(name, manifest, arch: found, from: tree.title)
                names.append(name)
            }
        }
        return (names, unnamed)
    }

    static func images(_ tree: FileTree, _ limits: ImportLimits) throws -> [DockerImage] {
        guard let bytes = try tree.path(of: manifest).flatMap({ try ImportFile.bytes($0, limit: limits.document) }),
            let images = try? JSONDecoder().decode([DockerImage].self, from: Data(bytes))
        else {
            throw BundleError(tree.title, "its manifest.json is not what `docker save` writes", "save the images again")
        }
        return images
    }

    private mutating func manifest(
        of image: DockerImage, called name: String, for arch: Architecture?
    ) throws -> (ImageDescriptor, Architecture) {
        let file = tree.path(of: image.Config)
        guard let bytes = try file.flatMap({ try ImportFile.bytes($0, limit: limits.document) }),
            let configuration = try? JSONDecoder().decode(ImageConfiguration.self, from: Data(bytes)),
            let diffIDs = configuration.rootfs?.diff_ids
        else { throw fault(name, "its configuration \(image.Config.printable) is missing or damaged") }
        let found = try configuration.architecture(of: name, in: tree.title, for: arch)
        guard diffIDs.count == image.Layers.count else {
            throw fault(name, "it has \(image.Layers.count) layers, and its configuration names \(diffIDs.count)")
        }
        var parts: [ImageDescriptor] = []
        for (layer, diffID) in zip(image.Layers, diffIDs) {
            let (descriptor, own) = try self.layer(layer, of: name)
            guard own == diffID else {
                throw fault(name, "its layer \(layer.printable) has the digest \(own), not \(diffID.printable)")
            }
            parts.append(descriptor)
        }
        let config = try store.add(bytes, mediaType: ImageMediaType.config)
        let document = ImageDocument(mediaType: ImageMediaType.manifest, config: config, layers: parts)
        return (
            try store.add(try ImageDocument.bytes(document), mediaType: ImageMediaType.manifest), found
        )
    }

    private mutating func layer(_ layer: String, of name: String) throws -> (ImageDescriptor, String) {
        guard let path = tree.path(of: layer) else { throw fault(name, "its layer \(layer.printable) is missing") }
        if let known = layers[path] { return known }
        let (digest, size) = try ImageDigest.of(file: path)
        let packing = LayerPacking(head: ImportFile.head(path))
        let diffID = packing == .plain ? digest : try packing.plainDigest(of: path, limits, tree.title)
        try store.add(file: path, digest: digest)
        let descriptor = ImageDescriptor(
            mediaType: ImageMediaType.layer + packing.suffix, digest: digest, size: size)
        layers[path] = (descriptor, diffID)
        return (descriptor, diffID)
    }

    private func fault(_ name: String, _ message: String) -> BundleError {
        BundleError(
            tree.title, "the image \(name.printable) is not whole: \(message)", "save it again with `docker save`")
    }
}

extension ImageConfiguration {
    /// - Throws: `BundleError` if the image is for another platform than the one asked for, or one hakube does not know.
    func architecture(of name: String, in title: String, for arch: Architecture?) throws -> Architecture {
        let own = architecture.flatMap(Architecture.init(rawValue:))
        guard let own, os ?? "linux" == "linux", arch == nil || own == arch else {
            throw BundleError(
                title,
                "the image \(name.printable) is for \(os ?? "linux")/\((architecture ?? "nothing").printable)"
                    + (arch.map { ", and all else for linux/\($0.rawValue)" } ?? ""),
                "save it for the machines that shall run it")
        }
        return own
    }
}
