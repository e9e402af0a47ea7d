// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// Where the parts of a bundle come from: what a sources.yaml says, all of it checked.
package struct BundleSources: Sendable, Hashable {
    /// A file to be fetched, taken out of an archive, or picked from the folder that the script makes.
    package struct File: Sendable, Hashable {
        package enum Origin: Sendable, Hashable {
            case url(Pattern, checksum: Pattern?)
            /// A path in the script's folder.
            case made(String)
        }

        /// Whose version `{{version}}` is.
        let component: String?
        let origin: Origin
        /// Path in an archive, and path in the bundle; for a plain file the first is empty.
        let targets: [Target]
        let roles: [Role]
        /// `sources.yaml:12`
        let place: String
    }

    package struct Target: Sendable, Hashable {
        let member: String
        let path: String
    }

    /// A pod network that `--cni` can name.
    package struct Network: Sendable, Hashable {
        let name: String
        let component: String?
        /// `nil`: somebody must make it by hand, as `byHand` tells.
        let manifest: Pattern?
        let edits: [ManifestEdit]
        let byHand: String?
        let place: String
    }

    /// What `--ha` can name: the images that an endpoint strategy runs on masters.
    package struct Strategy: Sendable, Hashable {
        struct Image: Sendable, Hashable {
            let component: String?
            let name: Pattern
        }

        let name: String
        let images: [Image]
    }

    /// File name for sentences.
    package let file: String
    /// Where `run` and manifests without a scheme are; `nil` for the sources that are compiled in.
    package let folder: String?
    /// The only release these sources have; `nil`: any.
    package let kubernetes: KubernetesVersion?
    let newest: Pattern?
    package let arches: [Architecture]
    let components: [String: VersionTable]
    let files: [File]
    let networks: [Network]
    let strategies: [Strategy]
    /// An OCI layout in the script's folder.
    let layout: String?
    /// By the last part of an image's name.
    let imageRoles: [String: [Role]]
    /// A script beside the file that makes a folder of parts.
    package let script: String?

    /// What `--cni` can be.
    package var networkNames: [String] { networks.map(\.name) + ["none"] }
}

extension BundleSources {
    static let fileName = "sources.yaml"

    /// The sources that are compiled in.
    ///
    /// - Throws: `InventoryError`, which would be a fault of hakube.
    package static func builtIn(_ yaml: String) throws -> BundleSources {
        try SourcesReader.read(yaml, file: "the built-in sources", folder: nil)
    }

    /// Sources that the user named: a file, or a folder with a sources.yaml.
    ///
    /// - Throws: `InventoryError` with all faults at once.
    package static func read(_ path: String) throws -> BundleSources {
        let isFolder = LocalFile.isFolder(path)
        let file = isFolder ? "\(path)/\(fileName)" : path
        guard let yaml = LocalFile.text(file) else {
            throw InventoryError(
                "--sources \(path)", "cannot be read: there is no \(isFolder ? fileName : "such file or folder")",
                "name a folder with a \(fileName), such as offline-bundle/debian")
        }
        return try SourcesReader.read(yaml, file: file, folder: LocalFile.folder(of: file))
    }
}

extension InventoryError {
    init(_ place: String, _ message: String, _ remedy: String) {
        self.init(problems: [Problem(place: place, message: message, remedy: remedy)])
    }
}
