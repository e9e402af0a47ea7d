// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel

/// One image of one architecture, found and not yet there.
struct ResolvedImage: Sendable {
    let place: RegistryPlace
    let arch: Architecture
    let manifest: RegistryDocument
    /// From the one that was asked for down to the manifest; empty for an image without an index.
    let indexes: [RegistryDocument]
    /// Configuration and layers.
    let blobs: [ImageDescriptor]
}

/// Finds the manifests of an image for the wanted architectures.
struct ImageResolver: Sendable {
    /// An index may name indexes; nobody nests them deeper.
    private static let depth = 3

    let client: RegistryClient

    /// - Throws: `FetchError`; `CancellationError`.
    func resolve(_ name: ImageName, for arches: [Architecture]) async throws -> [ResolvedImage] {
        let place = RegistryPlace(name, client.session.options)
        let top = try await client.document(name.target, at: place)
        guard top.isIndex else { return [try await single(top, place, arches)] }
        var found: [ResolvedImage] = []
        for arch in arches {
            guard let (manifest, indexes) = try await pick(arch, from: [top], place) else {
                let list = platforms(top).sorted().joined(separator: ", ")
                throw FetchError(
                    place.subject.place, "it has no variant for linux/\(arch.rawValue), only for \(list)",
                    "use another image or tag, or leave that architecture out")
            }
            found.append(try resolved(manifest, indexes, place, arch))
        }
        return found
    }

    /// An image without an index says in its configuration what it runs on.
    private func single(
        _ manifest: RegistryDocument, _ place: RegistryPlace, _ arches: [Architecture]
    ) async throws -> ResolvedImage {
        let platform = try await platform(of: manifest, place)
        let others = arches.filter { platform != "linux/\($0.rawValue)" }
        guard others.isEmpty, let arch = arches.first else {
            throw FetchError(
                place.subject.place,
                "it is for \(platform) alone, and linux/\(others.first?.rawValue ?? "") is wanted",
                "use another image or tag, or leave that architecture out")
        }
        return try resolved(manifest, [], place, arch)
    }

    private func platform(of manifest: RegistryDocument, _ place: RegistryPlace) async throws -> String {
        guard let config = manifest.content.config else { return "nothing" }
        let limit = RegistryClient.configurationLimit
        let transfer = try client.transfer(of: config, at: place)
        if config.size <= limit, try await !client.session.missing([transfer]).isEmpty {
            try await client.fetch(transfer, digest: config.digest, at: place)
        }
        guard let bytes = try await client.layout.blob(config.digest, limit: limit),
            let configuration = try? JSONDecoder().decode(ImageConfiguration.self, from: Data(bytes))
        else {
            throw FetchError(
                place.subject.place, "its configuration \(config.digest) cannot be read",
                "use an image of a container, not another artifact")
        }
        return "\(configuration.os ?? "nothing")/\(configuration.architecture ?? "nothing")"
    }

    private func pick(
        _ arch: Architecture, from path: [RegistryDocument], _ place: RegistryPlace
    ) async throws -> (manifest: RegistryDocument, indexes: [RegistryDocument])? {
        guard let index = path.last, path.count <= Self.depth else {
            throw FetchError(place.subject.place, "its indexes are nested too deep", "use another image or tag")
        }
        let children = (index.content.manifests ?? []).filter { !$0.isAttestation && Self.mayFit($0, arch) }
        for child in children.sorted(by: { Self.rank($0, arch) < Self.rank($1, arch) }) {
            guard ImageDigest.isValid(child.digest) else {
                throw FetchError(
                    place.subject.place, "its index names a manifest by `\(child.digest.prefix(100))`",
                    "use an image whose manifests have sha256 digests")
            }
            let document = try await client.document(child.digest, expecting: child, at: place)
            if document.isIndex {
                if let found = try await pick(arch, from: path + [document], place) { return found }
            } else if child.platform != nil {
                return (document, path)
            } else if try await platform(of: document, place) == "linux/\(arch.rawValue)" {
                return (document, path)
            }
        }
        return nil
    }

    /// A child without a platform has to be looked at.
    private static func mayFit(_ child: ImageDescriptor, _ arch: Architecture) -> Bool {
        guard let platform = child.platform else { return true }
        return platform.os == "linux" && platform.architecture == arch.rawValue
    }

    /// The plain variant first: amd64 has v2 and v3, which old machines cannot run; v8 is what arm64 is.
    private static func rank(_ child: ImageDescriptor, _ arch: Architecture) -> Int {
        switch child.platform?.variant {
        case nil, "": child.platform == nil ? 3 : 0
        case "v1" where arch == .amd64, "v8" where arch == .arm64: 1
        default: 2
        }
    }

    private func platforms(_ index: RegistryDocument) -> Set<String> {
        let known = (index.content.manifests ?? []).filter { !$0.isAttestation }.compactMap(\.platform)
        return known.isEmpty ? ["no platform"] : Set(known.map { "\($0.os)/\($0.architecture)" })
    }

    private func resolved(
        _ manifest: RegistryDocument, _ indexes: [RegistryDocument], _ place: RegistryPlace, _ arch: Architecture
    ) throws -> ResolvedImage {
        let blobs = [manifest.content.config].compactMap { $0 } + (manifest.content.layers ?? [])
        return ResolvedImage(place: place, arch: arch, manifest: manifest, indexes: indexes, blobs: blobs)
    }
}
