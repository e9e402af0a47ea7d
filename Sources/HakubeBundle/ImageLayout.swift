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
    /// `nil` while it is not known what the bundle is for: platforms are not looked at then.
    let arch: Architecture?
    private(set) var faults: FaultList
    /// Every image with the blobs it needs; roles are still empty.
    private(set) var images: [BundleManifest.Image] = []

    init(contents: [String: Content], arch: Architecture?, subject: String) {
        self.contents = contents
        self.arch = arch
        faults = FaultList(subject)
        checkFiles()
        readIndex()
    }

    static func path(ofBlob digest: String) -> String { blobs + digest.dropFirst(Digest.prefix.count) }

    private mutating func checkFiles() {
        if contents[Self.marker] == nil {
            faults.add(Self.marker, "the file is missing, so images/ is no OCI layout", "make images/ anew")
        }
        for (path, content) in contents.sorted(by: { $0.key < $1.key }) where path.hasPrefix(Self.folder) {
            if path == Self.index || path == Self.marker { continue }
            guard path.hasPrefix(Self.blobs), Digest.isHex(path.dropFirst(Self.blobs.count)) else {
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
        var names: Set<String> = []
        for descriptor in index.manifests {
            guard let name = descriptor.annotations?[ImageDescriptor.nameKey] else {
                faults.add(
                    Self.index, "the image \(descriptor.digest) has no annotation \(ImageDescriptor.nameKey)",
                    "annotate it with its full name, such as registry.k8s.io/pause:3.10")
                continue
            }
            if ImageReference(name) == nil {
                faults.add(
                    Self.index, "the image name `\(name)` is not full",
                    "write registry, path and tag, such as docker.io/library/busybox:1.35")
            }
            guard names.insert(name).inserted else {
                faults.add(Self.index, "two images have the name \(name)", "keep one of them")
                continue
            }
            add(descriptor, as: name)
        }
        let used = Set(images.flatMap(\.blobs).map(Self.path(ofBlob:)))
        for path in contents.keys.sorted() where path.hasPrefix(Self.blobs) && !used.contains(path) && faults.isEmpty {
            faults.add(path, "no image needs this blob", "take it out or make images/ anew")
        }
        images.sort { $0.name < $1.name }
    }

    private mutating func add(_ descriptor: ImageDescriptor, as name: String) {
        var found: [String] = []
        let mediaType = descriptor.mediaType ?? ""
        if ImageIndex.mediaTypes.contains(mediaType) {
            walkIndex(descriptor, of: name, into: &found)
        } else if ImageManifest.mediaTypes.contains(mediaType) {
            walkManifest(descriptor, of: name, into: &found)
        } else {
            faults.add(
                Self.index, "the image \(name) has the media type `\(mediaType)`, which hakube does not read",
                "use an OCI image manifest or Docker's schema 2")
        }
        images.append(
            BundleManifest.Image(
                name: name, arch: arch ?? .amd64, mediaType: mediaType, digest: descriptor.digest,
                size: descriptor.size, blobs: found,
                roles: []))
    }

    /// containerd tolerates that blobs of other platforms are missing, ours must be there.
    private mutating func walkIndex(_ descriptor: ImageDescriptor, of name: String, into found: inout [String]) {
        guard note(descriptor, of: name, into: &found),
            let index: ImageIndex = document(Self.path(ofBlob: descriptor.digest), what: "index of \(name)")
        else { return }
        var hasOurs = false
        for child in index.manifests {
            let isOurs = child.platform?.architecture == arch?.rawValue && child.platform?.os == "linux"
            hasOurs = hasOurs || isOurs
            guard isOurs || contents[Self.path(ofBlob: child.digest)] != nil else { continue }
            walkManifest(child, of: name, isOurs: isOurs, into: &found)
        }
        guard !hasOurs, let arch else { return }
        faults.add(
            Self.index, "the image \(name) has no variant for linux/\(arch.rawValue)", "pull it for that platform")
    }

    private mutating func walkManifest(
        _ descriptor: ImageDescriptor, of name: String, isOurs: Bool = true, into found: inout [String]
    ) {
        guard note(descriptor, of: name, into: &found),
            let manifest: ImageManifest = document(Self.path(ofBlob: descriptor.digest), what: "manifest of \(name)")
        else { return }
        for layer in manifest.layers { _ = note(layer, of: name, into: &found) }
        guard note(manifest.config, of: name, into: &found), isOurs else { return }
        let path = Self.path(ofBlob: manifest.config.digest)
        guard let configuration: ImageConfiguration = document(path, what: "configuration of \(name)") else { return }
        guard let arch, configuration.architecture != arch.rawValue || configuration.os != "linux" else { return }
        faults.add(
            Self.index,
            "the image \(name) is for \(configuration.os)/\(configuration.architecture), the bundle for linux/\(arch.rawValue)",
            "pull it for that platform")
    }

    /// Lists a blob once; false if it is not there as described.
    private mutating func note(_ blob: ImageDescriptor, of name: String, into found: inout [String]) -> Bool {
        guard Digest.isValid(blob.digest) else {
            faults.add(Self.index, "the image \(name) names a blob by `\(blob.digest)`", "use sha256 digests")
            return false
        }
        if !found.contains(blob.digest) { found.append(blob.digest) }
        let path = Self.path(ofBlob: blob.digest)
        guard let content = contents[path] else {
            faults.add(path, "the blob is missing, and the image \(name) needs it", "make images/ anew")
            return false
        }
        if content.size != blob.size {
            faults.add(
                path, "the blob has \(content.size) bytes, and the image \(name) says \(blob.size)", "make images/ anew"
            )
        }
        return true
    }

    private mutating func document<Document: Decodable>(_ path: String, what: String) -> Document? {
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
        return document
    }
}
