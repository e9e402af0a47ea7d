// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeBundle
import HakubeFetch
import HakubeModel

extension FolderBuild {
    /// Fetches every file, and kubeadm for this machine if the bundle is for others only.
    func fetchFiles(_ plan: BuildPlan, into folder: inout BuildFolder, made: String?, cache: BuildCache) async throws {
        let parts = plan.parts + [foreignKubeadm(plan)].compactMap { $0 }
        let checksums = try await checksums(of: parts, cache: cache)
        let downloads = parts.map { part in
            Download(
                label: part.label, url: part.url, checksum: checksums.sums[part], destination: cache.file(of: part.url),
                isExecutable: part.file.isPlain && part.file.isProgram)
        }
        // Nothing says what a file without a checksum must be; once it is there it stays as it is.
        let missing = downloads.filter { download in
            download.checksum != nil || request.isRefreshed || !LocalFile.isFile(download.destination)
        }
        if !missing.isEmpty { try await fetcher.fetch(missing) }
        for (url, text) in checksums.texts { try cache.keep(text, of: url) }
        for part in plan.parts { try folder.add(part, from: cache.file(of: part.url)) }
        guard let made else { return }
        for file in sources.files {
            guard case .made(let path) = file.origin else { continue }
            guard LocalFile.isFile("\(made)/\(path)") else {
                throw BundleError(file.place, "the script made no \(path)", "mend the script or the entry")
            }
            for target in file.targets {
                // A script makes one folder, for one architecture.
                let arch = ExtraFile.isProgram(target.path) ? plan.arches.first : nil
                try folder.add("\(made)/\(path)", as: target.path, for: arch, roles: file.roles)
            }
        }
    }

    /// kubeadm for this machine, where the bundle brings none that could run here.
    private func foreignKubeadm(_ plan: BuildPlan) -> BuildPlan.Part? {
        guard let machine = Self.machine, !plan.arches.contains(machine), sources.arches.contains(machine) else {
            return nil
        }
        return plan.kubeadm.flatMap { plan.part($0, for: machine) }
    }

    /// Where a kubeadm stands that runs on this machine.
    func kubeadm(_ plan: BuildPlan, made: String?, cache: BuildCache) -> String? {
        guard let file = plan.kubeadm, let machine = Self.machine, sources.arches.contains(machine) else { return nil }
        switch file.origin {
        case .made(let path): return made.map { "\($0)/\(path)" }
        case .url:
            if plan.arches.contains(machine) { return "\(cache.folder)/\(machine.rawValue)/bin/kubeadm" }
            return file.isPlain ? plan.part(file, for: machine).map { cache.file(of: $0.url) } : nil
        }
    }

    private func checksums(
        of parts: [BuildPlan.Part], cache: BuildCache
    ) async throws -> (sums: [BuildPlan.Part: Checksum], texts: [String: String]) {
        var texts: [String: String] = [:]
        let urls = Set(parts.compactMap(\.checksum)).sorted()
        if !request.isRefreshed {
            for url in urls { texts[url] = cache.text(of: url) }
        }
        let missing = urls.filter { texts[$0] == nil }
        let fetched = try await withThrowingTaskGroup(of: (String, String).self) { [fetcher] group in
            for url in missing { group.addTask { (url, try await fetcher.text(of: url)) } }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        texts.merge(fetched) { $1 }
        var sums: [BuildPlan.Part: Checksum] = [:]
        for part in parts {
            guard let url = part.checksum, let text = texts[url] else { continue }
            sums[part] = try ChecksumList.checksum(in: text, for: LocalFile.name(of: part.url), url: url)
        }
        return (sums, fetched)
    }

    /// Files that the operator brings.
    func addOwnFiles(to folder: inout BuildFolder) throws {
        for file in request.files {
            guard ExtraFile.isProgram(file.path) else {
                try folder.add(file.local, as: file.path, for: nil, roles: file.roles)
                continue
            }
            let named = ELF.architecture(LocalFile.head(file.local, count: 20))
            // A script runs anywhere.
            let arches = named.map { name in folder.plan.arches.filter { $0.rawValue == name } } ?? folder.plan.arches
            guard !arches.isEmpty else {
                throw InventoryError(
                    "--file \(file.local)", "is a program for \(named ?? "nothing")",
                    "leave it out, or name that architecture with --arch")
            }
            for arch in arches { try folder.add(file.local, as: file.path, for: arch, roles: file.roles) }
        }
    }
}

extension BundleSources.File {
    /// Whether the download itself is the file.
    var isPlain: Bool { targets.count == 1 && targets[0].member.isEmpty }
}
