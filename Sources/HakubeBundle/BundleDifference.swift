// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// What hosts that have one bundle would get anew of another.
package struct BundleDifference: Sendable, Codable {
    /// A version that is not the same in both; `nil` where the part is not there.
    package struct Change: Sendable, Codable {
        package let name: String
        package let from: String?
        package let to: String?
    }

    /// A file as it lies on a host.
    package struct File: Sendable, Codable {
        package let path: String
        package let size: Int
    }

    /// For the hosts of one role and architecture.
    package struct Hosts: Sendable, Codable {
        package let role: String
        package let arch: Architecture
        /// Files that are new or of other content; an image's blobs are files, too.
        package let new: [File]
        /// Files that are in the first bundle only; hosts keep them.
        package let gone: [String]
        package let newImages: [String]
        package let goneImages: [String]
        /// Of the new files.
        package let bytes: Int
        /// Of all files, for comparison.
        package let bytesInAll: Int
    }

    /// Kubernetes itself first.
    package let versions: [Change]
    package let hosts: [Hosts]

    package init(from old: BundleManifest, to new: BundleManifest) {
        let names = Set((old.components + new.components).map(\.name)).sorted()
        versions =
            [Change(name: "kubernetes", from: old.kubernetes, to: new.kubernetes)].filter { $0.from != $0.to }
            + names.map { Change(name: $0, from: old.version(of: $0), to: new.version(of: $0)) }
            .filter { $0.from != $0.to }
        hosts = new.arches.flatMap { arch in
            Role.bundled.map { Self.hosts(of: $0, on: arch, from: old, to: new) }
        }
    }

    private static func hosts(
        of role: Role, on arch: Architecture, from old: BundleManifest, to new: BundleManifest
    ) -> Hosts {
        // The layout's own two files are made for each host when they are sent.
        func files(_ manifest: BundleManifest) -> [BundleManifest.File] {
            manifest.files(for: role, on: arch).filter { ![ImageLayout.index, ImageLayout.marker].contains($0.path) }
        }
        let before = Dictionary(files(old).map { ($0.stagePath, $0.sha256) }) { first, _ in first }
        let after = files(new)
        let changed = after.filter { before[$0.stagePath] != $0.sha256 }
        let paths = Set(after.map(\.stagePath))
        let oldImages = Dictionary(old.images(for: role, on: arch).map { ($0.name, $0.digest) }) { first, _ in first }
        let newImages = Dictionary(new.images(for: role, on: arch).map { ($0.name, $0.digest) }) { first, _ in first }
        return Hosts(
            role: role.rawValue, arch: arch, new: changed.map { File(path: $0.stagePath, size: $0.size) },
            gone: before.keys.filter { !paths.contains($0) }.sorted(),
            newImages: newImages.filter { oldImages[$0.key] != $0.value }.keys.sorted(),
            goneImages: oldImages.keys.filter { newImages[$0] == nil }.sorted(),
            bytes: changed.reduce(0) { $0 + $1.size }, bytesInAll: after.reduce(0) { $0 + $1.size })
    }
}
