// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel

/// Reads the OCI layout below images/ and says what is wrong with it.
struct ImageLayout {
    static let folder = "images/"
    static let blobs = "images/blobs/sha256/"
    static let index = "images/index.json"
    static let marker = "images/oci-layout"

    /// All files of the bundle, by path.
    let contents: [String: Content]
    /// Empty while it is not known what the bundle is for: platforms are not looked at then.
    let arches: [Architecture]
    var faults: FaultList
    /// Every image with the blobs it needs, once for each architecture; roles are still empty.
    private(set) var images: [BundleManifest.Image] = []
    /// Documents by path: many images may have the same.
    private var parsed: [String: any Decodable] = [:]

    /// Far above any image (127 layers are Docker's limit) and any bundle; what takes longer than reading is refused.
    static let layerLimit = 1000
    private static let imageLimit = 4096

    init(contents: [String: Content], arches: [Architecture], subject: String) {
        self.contents = contents
        self.arches = arches
        faults = FaultList(subject)
        checkFiles()
        readIndex()
    }

    static func path(ofBlob digest: String) -> String { blobs + digest.dropFirst(ImageDigest.prefix.count) }

    private mutating func checkFiles() {
        if contents[Self.marker] == nil {
            faults.add(Self.marker, "the file is missing, so images/ is no OCI layout", "make images/ anew")
        }
        for (path, content) in contents.sorted(by: { $0.key < $1.key }) where path.hasPrefix(Self.folder) {
            if path == Self.index || path == Self.marker { continue }
            guard path.hasPrefix(Self.blobs), ImageDigest.isHex(path.dropFirst(Self.blobs.count)) else {
                faults.add(
                    path, "does not belong in an OCI layout",
                    "take it out; images/ holds oci-layout, index.json and blobs")
                continue
            }
            let name = path.dropFirst(Self.blobs.count)
            guard name != content.sha256 else { continue }
            faults.add(path, "the blob's content has sha256 \(content.sha256), not its name's", "make images/ anew")
        }
    }

    private mutating func readIndex() {
        guard let index: ImageIndex = document(Self.index, what: "index") else { return }
        guard index.manifests.count <= Self.imageLimit else {
            return faults.add(
                Self.index, "lists \(index.manifests.count) images, and \(Self.imageLimit) is the most",
                "make images/ anew")
        }
        var names: Set<String> = []
        var known: Set<String> = []
        for descriptor in index.manifests {
            guard let name = descriptor.annotations?[ImageDescriptor.nameKey] else {
                faults.add(
                    Self.index, "the image \(descriptor.digest) has no annotation \(ImageDescriptor.nameKey)",
                    "annotate it with its full name, such as registry.k8s.io/pause:3.10")
                continue
            }
            if !ImageName.isFull(name) && names.insert(name).inserted {
                faults.add(
                    Self.index, "the image name `\(name)` is not full",
                    "write registry, path and tag, such as docker.io/library/busybox:1.35")
            }
            for image in walk(descriptor, of: name) {
                guard known.insert(image.place).inserted else {
                    faults.add(
                        Self.index, "two images for \(image.arch.rawValue) have the name \(name)", "keep one of them")
                    continue
                }
                images.append(image)
            }
        }
        let used = Set(images.flatMap(\.blobs).map(Self.path(ofBlob:)))
        for path in contents.keys.sorted() where path.hasPrefix(Self.blobs) && !used.contains(path) && faults.isEmpty {
            faults.add(path, "no image needs this blob", "take it out or make images/ anew")
        }
        images.sort { ($0.name, $0.arch.rawValue) < ($1.name, $1.arch.rawValue) }
    }

    /// A document of the layout; a fault where it is missing or cannot be read.
    mutating func document<Document: Decodable>(_ path: String, what: String) -> Document? {
        if let document = parsed[path] as? Document { return document }
        guard let content = contents[path] else {
            faults.add(path, "the file is missing: the \(what) of the images", "make images/ anew")
            return nil
        }
        guard let bytes = content.document,
            let document = try? JSONDecoder().decode(Document.self, from: Data(bytes))
        else {
            faults.add(path, "cannot be read as the \(what)", "make images/ anew")
            return nil
        }
        parsed[path] = document
        return document
    }
}
