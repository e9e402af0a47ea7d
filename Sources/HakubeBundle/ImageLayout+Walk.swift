// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension ImageLayout {
    /// What stands behind one line of index.json: an image for each architecture that it has.
    mutating func walk(_ descriptor: ImageDescriptor, of name: String) -> [BundleManifest.Image] {
        let mediaType = descriptor.mediaType ?? ""
        func image(_ arch: Architecture, _ blobs: [String]) -> BundleManifest.Image {
            BundleManifest.Image(
                name: name, arch: arch, mediaType: mediaType, digest: descriptor.digest, size: descriptor.size,
                blobs: blobs, roles: [])
        }
        if ImageMediaType.indexes.contains(mediaType) {
            return walkIndex(descriptor, of: name).map { image($0.arch, $0.blobs) }
        }
        guard ImageMediaType.manifests.contains(mediaType) else {
            faults.add(
                Self.index, "the image \(name) has the media type `\(mediaType)`, which hakube does not read",
                "use an OCI image manifest or Docker's schema 2")
            return []
        }
        var blobs: [String] = []
        guard let arch = walkManifest(descriptor, of: name, into: &blobs) else { return [] }
        if let platform = descriptor.platform, platform.architecture != arch.rawValue {
            faults.add(
                Self.index,
                "the image \(name) stands there for \(platform.os)/\(platform.architecture), and its configuration says linux/\(arch.rawValue)",
                "make images/ anew")
        }
        return [image(arch, blobs)]
    }

    /// containerd tolerates that blobs of other platforms are missing, so each architecture has its own branch.
    private mutating func walkIndex(
        _ descriptor: ImageDescriptor, of name: String
    ) -> [(arch: Architecture, blobs: [String])] {
        var top: [String] = []
        guard note(descriptor, of: name, into: &top),
            let index: ImageIndex = document(Self.path(ofBlob: descriptor.digest), what: "index of \(name)")
        else { return [] }
        var found: [(arch: Architecture, blobs: [String])] = []
        for child in index.manifests.prefix(Self.layerLimit) {
            guard child.platform?.os == "linux",
                let arch = arches.first(where: { $0.rawValue == child.platform?.architecture }),
                !found.contains(where: { $0.arch == arch })
            else { continue }
            var blobs = top
            if let own = walkManifest(child, of: name, into: &blobs), own != arch {
                faults.add(
                    Self.index,
                    "the image \(name) has a variant for linux/\(arch.rawValue) whose configuration says linux/\(own.rawValue)",
                    "pull it anew")
            }
            found.append((arch, blobs))
        }
        if found.isEmpty, let arch = arches.first {
            faults.add(
                Self.index, "the image \(name) has no variant for linux/\(arch.rawValue)", "pull it for that platform")
        }
        return found
    }

    /// Lists the blobs of one platform's image and says what it is for.
    private mutating func walkManifest(
        _ descriptor: ImageDescriptor, of name: String, into found: inout [String]
    ) -> Architecture? {
        guard note(descriptor, of: name, into: &found),
            let manifest: ImageManifest = document(Self.path(ofBlob: descriptor.digest), what: "manifest of \(name)")
        else { return nil }
        guard manifest.layers.count <= Self.layerLimit else {
            faults.add(
                Self.index, "the image \(name) has \(manifest.layers.count) layers, and \(Self.layerLimit) is the most",
                "take another image")
            return nil
        }
        for layer in manifest.layers { _ = note(layer, of: name, into: &found) }
        guard note(manifest.config, of: name, into: &found) else { return nil }
        let path = Self.path(ofBlob: manifest.config.digest)
        guard let configuration: ImageConfiguration = document(path, what: "configuration of \(name)") else {
            return nil
        }
        let (os, machine) = (configuration.os ?? "nothing", configuration.architecture ?? "nothing")
        let arch = Architecture(rawValue: machine)
        if let arch, os == "linux", arches.isEmpty || arches.contains(arch) { return arch }
        guard !arches.isEmpty else { return nil }
        faults.add(
            Self.index,
            "the image \(name) is for \(os)/\(machine), the bundle for linux/\(arches.map(\.rawValue).joined(separator: ", "))",
            "pull it for that platform")
        return nil
    }

    /// Lists a blob once; false if it is not there as described.
    private mutating func note(_ blob: ImageDescriptor, of name: String, into found: inout [String]) -> Bool {
        guard ImageDigest.isValid(blob.digest) else {
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
}
