// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeBundle
import HakubeFetch
import HakubeBundle
import HakubeModel

/// What one build takes from its sources: versions settled, addresses filled in.
struct BuildPlan {
    /// A file to be fetched for one architecture.
    struct Part: Hashable {
        let file: BundleSources.File
        let arch: Architecture
        let label: String
        let url: String
        let checksum: String?
    }

    let sources: BundleSources
    let release: KubernetesVersion
    /// Sorted.
    let arches: [Architecture]
    /// `nil` for none.
    let network: BundleSources.Network?
    /// Those that the operator asks for, in the order of the sources.
    let strategies: [BundleSources.Strategy]
    /// Of the components that this build uses, by name.
    let versions: [String: String]

    /// - Throws: `InventoryError` with every fault of the flags.
    init(_ sources: BundleSources, _ request: BuildRequest, release: KubernetesVersion) throws {
        var problems: [Problem] = []
        self.sources = sources
        self.release = release
        if let only = sources.kubernetes, only != release {
            problems.append(
                Problem(
                    place: "--kubernetes \(release)", message: "\(sources.file) has \(only) only",
                    remedy: "leave the flag out, or name other sources with --sources"))
        }
        arches = Architecture.allCases.filter(request.arches.contains).sorted { $0.rawValue < $1.rawValue }
        for arch in arches where !sources.arches.contains(arch) {
            problems.append(
                Problem(
                    place: "--arch \(arch.rawValue)", message: "\(sources.file) has nothing for it",
                    remedy: "name one of \(sources.arches.map(\.rawValue).joined(separator: ", "))"))
        }
        let wanted = request.network ?? sources.networks.first?.name ?? "none"
        network = sources.networks.first { $0.name == wanted }
        if network == nil && wanted != "none" && request.networkManifest == nil {
            problems.append(
                Problem(
                    place: "--cni \(wanted)", message: "\(sources.file) has no such network",
                    remedy: "name one of \(sources.networkNames.joined(separator: ", ")), or bring its --cni-manifest"))
        }
        if let network, network.manifest == nil, request.networkManifest == nil {
            problems.append(
                Problem(
                    place: "--cni \(wanted)", message: "has no manifest that could be fetched",
                    remedy: network.byHand ?? "write one, and name it with --cni-manifest"))
        }
        if wanted == "none", request.networkManifest != nil {
            problems.append(
                Problem(
                    place: "--cni none", message: "stands beside --cni-manifest", remedy: "leave one of the two out"))
        }
        strategies = sources.strategies.filter { request.strategies.contains($0.name) }
        let known = sources.strategies.map(\.name)
        for name in request.strategies where !known.contains(name) {
            problems.append(
                Problem(
                    place: "--ha \(name)", message: "\(sources.file) has no images for it",
                    remedy: known.isEmpty
                        ? "name the images themselves with --image" : "name one of \(known.joined(separator: ", "))"))
        }
        let parts = (request.networkManifest == nil ? [network?.component] : []) + strategies.components
        versions = Self.versions(
            sources, request, parts: parts.compactMap { $0 }, release: release, problems: &problems)
        guard problems.isEmpty else { throw InventoryError(problems: problems) }
    }

    private static func versions(
        _ sources: BundleSources, _ request: BuildRequest, parts: [String], release: KubernetesVersion,
        problems: inout [Problem]
    ) -> [String: String] {
        let used = Set(sources.files.compactMap(\.component) + parts)
        for name in request.components.keys.sorted() where sources.components[name] == nil {
            problems.append(
                Problem(
                    place: "--component \(name)", message: "\(sources.file) has no such component",
                    remedy: "name one of \(sources.components.keys.sorted().joined(separator: ", "))"))
        }
        var versions: [String: String] = [:]
        for name in used.sorted() {
            versions[name] = request.components[name] ?? sources.components[name]?.version(for: release)
            guard versions[name] == nil else { continue }
            problems.append(
                Problem(
                    place: sources.file, message: "has no version of \(name) for Kubernetes \(release)",
                    remedy: "name one with --component \(name)=VERSION"))
        }
        return versions
    }

    /// What stands in the holes of addresses.
    func values(component: String?, arch: Architecture? = nil) -> [String: String] {
        var values = ["kubernetes": release.description, "minor": "\(release.major).\(release.minor)"]
        values["arch"] = arch?.rawValue
        values["version"] = component.flatMap { versions[$0] }
        return values
    }

    /// A file's address for one architecture; `nil` for what a script makes.
    func part(_ file: BundleSources.File, for arch: Architecture) -> Part? {
        guard case .url(let pattern, let checksum) = file.origin else { return nil }
        var values = values(component: file.component, arch: arch)
        let url = pattern.filled(values)
        values["url"] = url
        let title = file.component ?? file.targets.first.map { LocalFile.name(of: $0.path) } ?? "file"
        let version = file.component.flatMap { versions[$0] } ?? release.description
        return Part(
            file: file, arch: arch, label: "\(title) \(version) \(arch.rawValue)", url: url,
            checksum: checksum?.filled(values))
    }

    /// Everything to be fetched. What is the same for every architecture comes once.
    var parts: [Part] {
        arches.flatMap { arch in
            sources.files.filter { arch == arches.first || $0.isProgram }.compactMap { part($0, for: arch) }
        }
    }

    /// The images of the strategies that are asked for, by full name.
    var strategyImages: Set<String> { names(of: strategies) }

    /// Those of all others; a script may make them all the same.
    var idleImages: Set<String> {
        names(of: sources.strategies.filter { !strategies.contains($0) }).subtracting(strategyImages)
    }

    private func names(of strategies: [BundleSources.Strategy]) -> Set<String> {
        Set(
            strategies.flatMap(\.images).map { image in
                var values = values(component: image.component)
                values["version"] = values["version"] ?? image.component.flatMap { usualVersion(of: $0) }
                return image.name.filled(values)
            })
    }

    private func usualVersion(of component: String) -> String? { sources.components[component]?.version(for: release) }

    /// The entry that brings kubeadm.
    var kubeadm: BundleSources.File? { sources.files.first { $0.targets.contains { $0.path == "bin/kubeadm" } } }

    func roles(ofImage name: String) -> [Role] {
        let image = ImageName(name)
        if image?.repository == GuardianImage.repository { return [.node] }
        return image.flatMap { sources.imageRoles[LocalFile.name(of: $0.path)] } ?? Role.bundled
    }
}

extension BundleSources.File {
    var isProgram: Bool { targets.contains { ExtraFile.isProgram($0.path) } }
}

extension [BundleSources.Strategy] {
    fileprivate var components: [String?] { flatMap(\.images).map(\.component) }
}
