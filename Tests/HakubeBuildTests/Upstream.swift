// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeBuild
import HakubeBundle
import HakubeFetch
import HakubeModel
import HakubeSources
import HakubeTestSupport

/// A small made-up release in a stand-in for the download sites and in a real registry, as the built-in sources look for
/// it; both are reached as mirrors of the real ones.
final class Upstream {
    static let release = "v1.36.904"
    static let images = [
        "kube-apiserver:\(release)", "kube-controller-manager:\(release)", "kube-scheduler:\(release)",
        "kube-proxy:\(release)", "etcd:3.6.8-0", "coredns/coredns:v1.14.2", "pause:3.10.2",
    ]

    let scratch: Scratch
    let site: DownloadSite
    private let content: UpstreamContent

    init() async throws {
        scratch = try Scratch()
        content = try await UpstreamKeeper.shared.content()
        site = try await content.site()
    }

    /// Another site with the same files.
    func secondSite() async throws -> DownloadSite { try await content.site() }

    /// For `FetchOptions` and as flags.
    var mirrors: [Mirror] {
        [
            Mirror(from: "https://dl.k8s.io", to: "\(site.url)/dl"),
            Mirror(from: "https://github.com", to: "\(site.url)/github"),
            Mirror(from: "registry.k8s.io", to: "\(site.host)/k8s"), Mirror(from: "ghcr.io", to: site.host),
        ]
    }

    /// The site, and the server that gives out tokens for the registry behind it.
    var plainHosts: Set<String> { [site.host, content.tokenHost] }

    func options(patience: Duration = .seconds(20)) -> FetchOptions {
        FetchOptions(
            mirrors: mirrors, plainHTTP: plainHosts, patience: patience, dockerConfig: "\(scratch.path)/none.json")
    }

    func request(_ arches: [Architecture] = [.amd64, .arm64], cache: String = "cache") throws -> BuildRequest {
        var request = BuildRequest(cache: "\(scratch.path)/\(cache)")
        request.kubernetes = Self.release
        request.arches = arches
        request.guardians = try arches.map { try guardian($0) }
        return request
    }

    /// Builds and packs.
    /// - Returns: path of the bundle.
    func build(
        _ request: BuildRequest, as name: String = "bundle.tar.zst", options: FetchOptions? = nil,
        progress: any FetchProgress = SilentProgress()
    ) async throws -> String {
        let sources = try BundleSources.builtIn(UpstreamSources.yaml)
        let output = "\(scratch.path)/\(name)"
        let build = FolderBuild(sources, request, options: options ?? self.options(), progress: progress)
        return try await build.run { folder in
            _ = try await OffPool.run { try BundlePacker.pack(folder: folder.path, to: output) }
            return output
        }
    }

    func guardian(_ arch: Architecture) throws -> String {
        let file = "\(scratch.path)/guardian-\(arch.rawValue)"
        try Data(UpstreamContent.program("guardian", arch)).write(to: URL(filePath: file))
        return file
    }

    func push(_ name: String) async throws { try await OffPool.run { [content] in try content.push(name) } }
}
