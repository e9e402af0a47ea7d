// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc
import HakubeBundle
package import HakubeFetch
import HakubeModel

/// Makes the folder of a bundle: fetches what its sources name, asks kubeadm for the images, pulls them.
///
/// Same sources, same versions, same folder, whatever the order in which things came.
package struct FolderBuild: Sendable {
    let sources: BundleSources
    let request: BuildRequest
    let progress: any FetchProgress
    let fetcher: Fetcher
    let puller: ImagePuller

    package init(
        _ sources: BundleSources, _ request: BuildRequest, options: FetchOptions, progress: any FetchProgress
    ) {
        self.sources = sources
        self.request = request
        self.progress = progress
        fetcher = Fetcher(options: options, progress: progress)
        puller = ImagePuller(options: options, progress: progress)
    }

    /// - Parameter consume: packs the folder; no other build changes it meanwhile.
    /// - Throws: `InventoryError` for flags, `FetchError`, `BundleError`; `CancellationError`. What was fetched until
    ///   then stays for the next run.
    package func run<Result: Sendable>(_ consume: (BuiltFolder) async throws -> Result) async throws -> Result {
        var request = request
        if request.arches.isEmpty { request.arches = [Self.machine].compactMap { $0 } }
        let plan = try BuildPlan(sources, request, release: try await release())
        let guardians = try Self.guardians(request.guardians, for: plan.arches)
        let cache = try await BuildCache(request.cache) {
            progress.note("waiting for another build in \(request.cache)")
        }
        let made = try await runScript(in: cache)
        var folder = BuildFolder(path: cache.folder, plan: plan)
        try folder.clear()

        try await fetchFiles(plan, into: &folder, made: made, cache: cache)
        try addOwnFiles(to: &folder)
        try await addManifests(plan, to: &folder, cache: cache)
        let required = try await requiredImages(plan, made: made, cache: cache)
        let forAll = try imageNames(required + folder.manifestImages)
        folder.masterImages = plan.strategyImages.subtracting(forAll)
        let names = (forAll + folder.masterImages).sorted()
        try await addImages(names, plan, guardians: guardians, to: &folder, made: made, cache: cache)
        try folder.describe(
            requiredImages: required, repository: request.imageRepository,
            guardians: guardians.isEmpty ? nil : HakubeVersion.current)
        do {
            return try await consume(
                BuiltFolder(path: cache.folder, kubernetes: plan.release, arches: plan.arches))
        } catch let error as BundleError {
            throw cache.forgettingBlobs(of: error)
        }
    }

    /// This machine's architecture; `nil` if hakube knows none of that name.
    static var machine: Architecture? {
        var name = utsname()
        uname(&name)
        let text = withUnsafeBytes(of: &name.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return Architecture(machine: text)
    }

    /// The release that is asked for, the newest of its minor if it has no patch number.
    private func release() async throws -> KubernetesVersion {
        guard let text = request.kubernetes else {
            guard let only = sources.kubernetes else {
                throw InventoryError("--kubernetes", "is missing", "name a release, such as --kubernetes v1.36.4")
            }
            return only
        }
        guard let release = KubernetesVersion(text) else {
            throw InventoryError("--kubernetes \(text)", "is no Kubernetes release", "write it as v1.36.4 or v1.36")
        }
        let isWhole = text.split(separator: "-")[0].split(separator: ".").count == 3
        guard !isWhole, let newest = sources.newest else { return release }
        let url = newest.filled(["minor": "\(release.major).\(release.minor)"])
        let answer = try await fetcher.text(of: url, limit: 4096)
        let found = answer.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
        guard let newest = KubernetesVersion(found), newest.major == release.major, newest.minor == release.minor else {
            throw BundleError(
                url, "does not say which release of \(text) is the newest", "name the release with its patch number")
        }
        progress.note("the newest release of \(text) is \(newest)")
        return newest
    }

    /// hakube-guardian's programs by their ELF header, those of other architectures left out.
    private static func guardians(_ files: [String], for arches: [Architecture]) throws -> [Architecture: String] {
        var found: [Architecture: String] = [:]
        for file in files {
            let head = LocalFile.head(file, count: 20)
            guard let arch = ELF.architecture(head).flatMap(Architecture.init(rawValue:)) else {
                throw InventoryError(
                    "--guardian \(file)", "is no program for an architecture that hakube knows",
                    "name a hakube-guardian that was built")
            }
            if let first = found.updateValue(file, forKey: arch) {
                throw InventoryError(
                    "--guardian \(file)", "is for \(arch.rawValue), as is \(first)", "name one for each architecture")
            }
        }
        return found.filter { arches.contains($0.key) }
    }

    /// The folder that the sources' script made; `nil` if they have none.
    private func runScript(in cache: BuildCache) async throws -> String? {
        guard let script = sources.script, let home = sources.folder else { return nil }
        let path = "\(home)/\(script)"
        guard LocalFile.isExecutable(path) else {
            throw InventoryError(sources.file, "`run` names \(script), which is no executable file", "chmod +x \(path)")
        }
        let made = "\(cache.root)/made/\(LocalFile.name(of: home))"
        progress.note("running \(path), as \(sources.file) says")
        let command = LocalCommand(arguments: [path, made], environment: LocalCommand.ownEnvironment)
        let ended = try await command.run(output: nil, limit: nil)
        guard ended.status == 0 else {
            throw BundleError(path, "ended with status \(ended.status)", "what it said stands above; run it again")
        }
        return made
    }
}
