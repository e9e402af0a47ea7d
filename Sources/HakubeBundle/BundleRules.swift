// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// What a bundle has to be beyond its digests: a whole cluster can be made of it, and nothing of it has to be pulled.
struct BundleRules {
    let manifest: BundleManifest
    /// All files, by path.
    let contents: [String: Content]

    /// - Throws: `CancellationError`.
    func check(_ faults: inout FaultList) throws {
        ProgramRules.check(contents, arches: manifest.arches, faults: &faults)
        let layout = ImageLayout(contents: contents, arches: manifest.arches, subject: faults.subject)
        try Task.checkCancellation()
        faults.add(BundleError(problems: layout.faults.problems))
        compare(layout.images, &faults)
        try PodManifests.check(contents, images: manifest.images, arches: manifest.arches, faults: &faults)
        ReleaseRules.check(manifest, faults: &faults)
        HostRules.check(manifest, faults: &faults)
    }

    private func compare(_ found: [BundleManifest.Image], _ faults: inout FaultList) {
        struct Key: Hashable { let name: String, arch: Architecture }
        func key(_ image: BundleManifest.Image) -> Key { Key(name: image.name, arch: image.arch) }
        let listed = Dictionary(manifest.images.map { (key($0), $0) }) { first, _ in first }
        let keys = Set(found.map(key))
        for image in manifest.images where !keys.contains(key(image)) {
            faults.add(image.place, "the manifest lists the image, images/index.json does not", Remedy.repack)
        }
        for image in found {
            guard let entry = listed[key(image)] else {
                faults.add(image.place, "images/index.json has the image, the manifest does not list it", Remedy.repack)
                continue
            }
            guard
                entry.digest != image.digest || entry.mediaType != image.mediaType || entry.size != image.size
                    || entry.blobs != image.blobs
            else { continue }
            faults.add(
                image.place, "the manifest has the image as \(entry.digest), images/index.json as \(image.digest)",
                Remedy.repack)
        }
    }
}

extension BundleManifest {
    /// The images by the architecture they are for.
    var imageNames: [Architecture: Set<String>] {
        var names = Dictionary(arches.map { ($0, Set<String>()) }) { first, _ in first }
        for image in images { names[image.arch, default: []].insert(image.name) }
        return names
    }
}

extension BundleManifest.Image {
    /// How faults name it.
    var place: String { "\(name) (\(arch.rawValue))" }
}
