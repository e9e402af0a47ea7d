// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// The bundle files of one run: together they are one bundle, for the hosts of every architecture.
package struct BundleSet: Sendable {
    /// What all of them hold.
    package let manifest: BundleManifest
    private let parts: [(reader: BundleReader, manifest: BundleManifest)]

    /// Opens the files and reads their manifests; the bytes are proved by `verify` of the readers.
    ///
    /// - Parameters:
    ///   - files: at least one.
    ///   - keys: one of them must have signed each file; `nil`: nobody need have.
    /// - Throws: `BundleError`, also for files that do not go together.
    package init(_ files: [String], signedBy keys: TrustedKeys? = nil) throws {
        parts = try files.map { file in
            let reader = try BundleReader(file).opened()
            if let keys { _ = try reader.requireSignature(by: keys) }
            return (reader, try reader.manifest())
        }
        manifest = try Self.joined(parts.map { ($0.reader.path, $0.manifest) })
    }

    package var readers: [BundleReader] { parts.map(\.reader) }
    private var files: [String] { parts.map(\.reader.path) }

    /// What a host gets, from the file that is for its architecture.
    ///
    /// - Throws: `BundleError`.
    package func shipment(for role: Role, on arch: Architecture) throws -> RoleShipment {
        guard let part = parts.first(where: { $0.manifest.arches.contains(arch) }) else {
            throw BundleError(
                files.joined(separator: ", "), "no bundle is for \(arch.rawValue)", "add one with --bundle")
        }
        return try part.reader.shipment(for: role, on: arch, of: part.manifest)
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

    private static let remedy = "use bundles of one build"

    /// What hosts of every architecture get, with who gets it.
    private static func shared(_ manifest: BundleManifest) -> Set<String> {
        let files = manifest.files.filter { $0.arch == nil && !$0.path.hasPrefix(ImageLayout.folder) }
        return Set(files.map { "\($0.path) (\($0.roles.joined(separator: ", ")))" })
    }

    /// One manifest of several. What hosts of every architecture share has to be the same in each.
    static func joined(_ parts: [(file: String, manifest: BundleManifest)]) throws(BundleError) -> BundleManifest {
        guard parts.count > 1, let (first, manifest) = parts.first else { return parts[0].manifest }
        var faults = FaultList(first)
        var files: [String: BundleManifest.File] = [:]
        var components = manifest.components
        for (file, other) in parts {
            if other.kubernetes != manifest.kubernetes {
                faults.add(
                    "", "it is of \(manifest.kubernetes) and \(file) of \(other.kubernetes)", Self.remedy)
            }
            if other.sandboxImage != manifest.sandboxImage {
                let (own, its) = (manifest.sandboxImage ?? "none", other.sandboxImage ?? "none")
                faults.add("", "its pause image is \(own) and that of \(file) is \(its)", Self.remedy)
            }
            for path in Self.shared(manifest).symmetricDifference(Self.shared(other)).sorted() {
                faults.add(path, "it is not in both, \(first) and \(file), for the same hosts", Self.remedy)
            }
            for component in other.components {
                if let known = components.first(where: { $0.name == component.name }) {
                    guard known.version != component.version else { continue }
                    faults.add(
                        "", "\(component.name) is \(known.version) here and \(component.version) in \(file)",
                        Self.remedy)
                } else {
                    components.append(component)
                }
            }
            for entry in other.files {
                let isShared = entry.path == ImageLayout.index || files[entry.path]?.sha256 == entry.sha256
                if let known = files[entry.path], !isShared {
                    faults.add(known.path, "\(file) has another of that name", Self.remedy)
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
            roles: Role.bundled.map(\.rawValue).filter(roles.contains), arch: arch, stored: stored,
            storedSha256: storedSha256)
    }
}
