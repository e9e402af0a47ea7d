// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// The bundle files of one run: together they are one bundle, for the hosts of every architecture.
package struct BundleSet: Sendable {
    /// What all of them hold.
    package let manifest: BundleManifest
    private let parts: [(reader: BundleReader, manifest: BundleManifest)]

    /// Reads the manifests; the bytes are proved elsewhere.
    ///
    /// - Parameter files: at least one.
    /// - Throws: `BundleError`, also for files that do not go together.
    package init(_ files: [String]) throws {
        parts = try files.map { file in
            let reader = BundleReader(file)
            return (reader, try reader.manifest())
        }
        manifest = try Self.joined(parts.map { ($0.reader.path, $0.manifest) })
    }

    package var files: [String] { parts.map(\.reader.path) }

    /// The stream for a host, from the file that is for its architecture.
    ///
    /// - Throws: `BundleError`.
    package func source(for role: Role, on arch: Architecture) throws -> RoleStream {
        guard let part = parts.first(where: { $0.manifest.arches.contains(arch) }) else {
            throw BundleError(
                files.joined(separator: ", "), "no bundle is for \(arch.rawValue)", "add one with --bundle")
        }
        return try part.reader.source(for: role, on: arch, of: part.manifest)
    }

    /// Small text entries, from whichever file has them.
    ///
    /// - Throws: `BundleError`.
    package func texts(_ paths: [String]) throws -> [String: String] {
        try parts.reduce(into: [:]) { texts, part in
            let own = paths.filter { texts[$0] == nil && part.manifest.file(at: $0) != nil }
            guard !own.isEmpty else { return }
            texts.merge(try part.reader.texts(own)) { first, _ in first }
        }
    }

    /// One manifest of several. What hosts of every architecture share has to be the same in each.
    static func joined(_ parts: [(file: String, manifest: BundleManifest)]) throws(BundleError) -> BundleManifest {
        guard parts.count > 1, let (first, manifest) = parts.first else { return parts[0].manifest }
        var faults = FaultList(first)
        var files: [String: BundleManifest.File] = [:]
        var components = manifest.components
        for (file, other) in parts {
            if other.kubernetes != manifest.kubernetes || other.sandboxImage != manifest.sandboxImage {
                faults.add(
                    "", "it is of \(manifest.kubernetes) and \(file) of \(other.kubernetes)", "use bundles of one build"
                )
            }
            for component in other.components {
                if let known = components.first(where: { $0.name == component.name }) {
                    guard known.version != component.version else { continue }
                    faults.add(
                        "", "\(component.name) is \(known.version) here and \(component.version) in \(file)",
                        "use bundles of one build")
                } else {
                    components.append(component)
                }
            }
            for entry in other.files {
                let isShared = entry.path == ImageLayout.index || files[entry.path]?.sha256 == entry.sha256
                if let known = files[entry.path], !isShared {
                    faults.add(known.path, "\(file) has another of that name", "use bundles of one build")
                }
                files[entry.path] = entry.with(roles: (files[entry.path]?.roles ?? []) + entry.roles)
            }
        }
        let arches = parts.flatMap(\.manifest.arches)
        if Set(arches).count < arches.count {
            let names = arches.map(\.rawValue).joined(separator: ", ")
            faults.add("", "the bundles are for \(names)", "name one bundle for each architecture")
        }
        try faults.throwIfAny()
        return BundleManifest(
            kubernetes: manifest.kubernetes, arches: arches.sorted(),
            components: components.sorted { $0.name < $1.name },
            sandboxImage: manifest.sandboxImage,
            requiredImages: Set(parts.flatMap(\.manifest.requiredImages)).sorted(),
            files: files.values.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) },
            images: parts.flatMap(\.manifest.images).sorted { ($0.name, $0.arch) < ($1.name, $1.arch) })
    }
}

extension BundleManifest.File {
    fileprivate func with(roles: [String]) -> BundleManifest.File {
        BundleManifest.File(
            path: path, mode: mode, size: size, sha256: sha256,
            roles: Role.allCases.map(\.rawValue).filter(roles.contains), arch: arch, stored: stored,
            storedSha256: storedSha256)
    }
}
