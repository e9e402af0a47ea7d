// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeBundle
import HakubeFetch
import HakubeModel

extension FolderBuild {
    /// Fetches, edits and scans the pod network's manifest and the add-ons.
    func addManifests(_ plan: BuildPlan, to folder: inout BuildFolder, cache: BuildCache) async throws {
        if let file = request.networkManifest {
            try folder.addManifest(
                try Self.text(file, flag: "--cni-manifest"), name: BuildFolder.podNetwork, origin: file)
        } else if let network = plan.network, let pattern = network.manifest {
            let origin = pattern.filled(plan.values(component: network.component))
            let written = try await manifest(origin, pattern, cache: cache)
            let text = try network.edits.reduce(written) { try $1.apply(to: $0, from: origin) }
            try folder.addManifest(text, name: BuildFolder.podNetwork, origin: origin)
        }
        for file in request.manifests {
            let name = LocalFile.name(of: file)
            let stem = [".yaml", ".yml"].first(where: name.hasSuffix).map { String(name.dropLast($0.count)) } ?? name
            try folder.addManifest(
                try Self.text(file, flag: "--manifest"), name: "manifests/\(stem).yaml", origin: "--manifest \(file)")
        }
    }

    private func manifest(_ origin: String, _ pattern: Pattern, cache: BuildCache) async throws -> String {
        if !pattern.isURL {
            let path = "\(sources.folder ?? ".")/\(origin)"
            guard let text = LocalFile.text(path) else {
                throw BundleError(
                    path, "cannot be read, and \(sources.file) names it as a manifest", "see that it is there")
            }
            return text
        }
        if !request.isRefreshed, let text = cache.text(of: origin) { return text }
        let text = try await fetcher.text(of: origin, limit: 16 << 20)
        _ = try ManifestImages.scan(text, origin: origin)
        try cache.keep(text, of: origin)
        return text
    }

    private static func text(_ file: String, flag: String) throws -> String {
        if let text = LocalFile.text(file) { return text }
        throw InventoryError("\(flag) \(file)", "cannot be read", "name a file that is there")
    }

    /// What the release's kubeadm asks for, sorted. Where none runs here, hakube's own table answers.
    func requiredImages(_ plan: BuildPlan, made: String?, cache: BuildCache) async throws -> [String] {
        if let kubeadm = kubeadm(plan, made: made, cache: cache) {
            return try await KubeadmQuestion.images(
                kubeadm, of: plan.release, repository: request.imageRepository, scratch: cache.scratch
            ).sorted()
        }
        guard let known = RequiredImages.names(of: plan.release, repository: request.imageRepository) else {
            throw BundleError(
                sources.file,
                "has no kubeadm that runs on this machine, so nobody can say which images \(plan.release) asks for",
                "build on a machine of one of its architectures")
        }
        return known
    }

    /// Everything that must be in the bundle, by full name: what kubeadm lists, what manifests name, what the operator
    /// asks for.
    func imageNames(_ named: [String]) throws -> [String] {
        let asked = try request.images.map { written in
            guard let image = ImageName(written) else {
                throw InventoryError(
                    "--image \(written)", "is no image's name", "write it like docker.io/library/busybox:1.36")
            }
            return image.text
        }
        let all = Set(named + asked)
        // kubelet asks containerd for an image with tag and digest by the digest alone.
        return all.union(all.compactMap { ImageName($0)?.pinnedText }).sorted()
    }

    /// Pulls what is neither in the script's layout nor in the cache, and makes the bundle's layout.
    func addImages(
        _ names: [String], _ plan: BuildPlan, guardians: [Architecture: String], to folder: inout BuildFolder,
        made: String?, cache: BuildCache
    ) async throws {
        let own = sources.layout.flatMap { layout in made.map { ImageShelf(folder: "\($0)/\(layout)") } }
        var images = (try own?.images(for: plan.arches) ?? []).filter { image in
            !plan.idleImages.contains(image.name) || names.contains(image.name)
        }
        let there = images.map { Key(name: $0.name, arch: $0.arch) }
        let wanted = names.flatMap { name in plan.arches.map { Key(name: name, arch: $0) } }.filter {
            !there.contains($0)
        }
        images += try await pull(wanted, cache: cache)
        // keepalived on masters calls it to look at what is there.
        let isChecked = images.contains { ImageName($0.name)?.lastPart == "keepalived" }
        for arch in plan.arches {
            guard let file = guardians[arch] else {
                progress.note(
                    "no hakube-guardian for \(arch.rawValue) was named: with this bundle such hosts can be masters only"
                )
                continue
            }
            try folder.add(
                file, as: "bin/\(GuardianImage.program)", for: arch, roles: isChecked ? Role.bundled : [.node])
            images.append(
                try cache.guardians.add(GuardianImage(of: file, for: arch, version: HakubeVersion.current), for: arch))
        }
        let shelves = [own, cache.images, cache.guardians].compactMap { $0 }
        try folder.addImages(images, from: shelves)
    }

    private func pull(_ wanted: [Key], cache: BuildCache) async throws -> [LayoutImage] {
        var known: [Key: LayoutImage] = [:]
        for image in cache.pulled() { known[Key(name: image.name, arch: image.arch)] = image }
        let shelf = cache.images
        let fresh = wanted.filter { key in
            // The tag latest moves by design; others are taken as what they were.
            guard !request.isRefreshed, !key.name.hasSuffix(":latest"), let image = known[key] else { return true }
            return shelf.blobs(of: image) == nil
        }
        for (arches, names) in Self.batches(fresh) {
            let pulled = try await puller.pull(names, for: arches, into: shelf.folder)
            for image in pulled { known[Key(name: image.reference, arch: image.arch)] = shelf.image(image) }
            try cache.keep(Array(known.values))
        }
        return try wanted.map { key in
            guard let image = known[key] else {
                throw BundleError(key.name, "was not pulled for \(key.arch.rawValue)", "build again with --refresh")
            }
            return image
        }
    }

    /// One pull for all names that lack the same architectures.
    private static func batches(_ keys: [Key]) -> [([Architecture], [String])] {
        let lacking = Dictionary(grouping: keys, by: \.name).mapValues { $0.map(\.arch) }
        return Dictionary(grouping: lacking.keys) { lacking[$0] ?? [] }
            .map { ($0.key, $0.value.sorted()) }
            .sorted { $0.1.lexicographicallyPrecedes($1.1) }
    }

    private struct Key: Hashable {
        let name: String
        let arch: Architecture
    }
}
