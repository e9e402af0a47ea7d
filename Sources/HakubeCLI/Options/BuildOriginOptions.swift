// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import Foundation
import HakubeBuild
import HakubeFetch
import HakubeModel
import HakubeSources

/// Where a build takes things from, and how.
struct BuildOriginOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Other sources than the built-in ones: a sources.yaml or a folder with one. A script that they name is run.",
            valueName: "path"))
    var sources: String?

    @Option(
        help: ArgumentHelp(
            "Take what stands under one address or registry from another. May be repeated.",
            discussion: "https://dl.k8s.io=https://mirror.example/k8s, registry.k8s.io=mirror.example/k8s",
            valueName: "from=to"))
    var mirror: [String] = []

    @Option(help: ArgumentHelp("Transfers side by side (default: 4).", valueName: "number"))
    var parallel = 4

    @Option(
        help: ArgumentHelp(
            "Host or host:port that is spoken to without TLS. May be repeated.", valueName: "host"))
    var plainHttp: [String] = []

    @Option(
        help: ArgumentHelp("Certificate authorities (PEM) to believe in place of the system's.", valueName: "file"))
    var ca: String?

    @Option(
        help: ArgumentHelp(
            "Folder for what is fetched (default: HAKUBE_CACHE/build, or ~/.cache/hakube/build).", valueName: "folder"))
    var cache: String?

    @Flag(help: "Ask again for what is in the cache.")
    var refresh = false

    /// - Throws: `InventoryError` with all faults of the file.
    func bundleSources() throws -> BundleSources {
        guard let sources else { return try BundleSources.builtIn(UpstreamSources.yaml) }
        return try BundleSources.read(sources)
    }

    /// Absolute.
    var cacheFolder: String {
        let environment = ProcessInfo.processInfo.environment
        let usual =
            environment["HAKUBE_CACHE"].map { URL(filePath: $0) }
            ?? URL(filePath: environment["HOME"] ?? "/root").appending(path: ".cache/hakube")
        let folder = cache.map { URL(filePath: $0) } ?? usual.appending(path: "build")
        return folder.standardizedFileURL.path(percentEncoded: false)
    }

    /// - Throws: `InventoryError` with every flag that is wrong.
    func fetchOptions() throws -> FetchOptions {
        var problems: [Problem] = []
        var mirrors: [Mirror] = []
        for text in mirror {
            let halves = text.split(separator: "=", maxSplits: 1).map(String.init)
            if halves.count == 2 {
                mirrors.append(Mirror(from: halves[0], to: halves[1]))
            } else {
                problems.append(
                    Problem(
                        place: "--mirror \(text)", message: "is no FROM=TO",
                        remedy: "write it like registry.k8s.io=mirror.example"))
            }
        }
        if let ca, !FileManager.default.isReadableFile(atPath: ca) {
            problems.append(
                Problem(place: "--ca \(ca)", message: "cannot be read", remedy: "name a file that is there"))
        }
        if !(1...64).contains(parallel) {
            problems.append(
                Problem(
                    place: "--parallel \(parallel)", message: "is no number of transfers", remedy: "write 1 to 64"))
        }
        guard problems.isEmpty else { throw InventoryError(problems: problems) }
        return FetchOptions(parallel: parallel, mirrors: mirrors, caFile: ca, plainHTTP: Set(plainHttp))
    }
}
