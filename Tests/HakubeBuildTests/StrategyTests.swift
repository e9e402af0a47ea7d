// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeBundle
import HakubeFetch
import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubeBuild

/// `--ha` with sources whose script makes all images in one layout.
@Suite struct StrategyTests {
    private static let yaml = """
        format: 1
        kubernetes: v1.36.4
        arches: [ARCH]
        run: make.sh
        components: {keepalived: 2.2.7, haproxy: 2.6.12}
        files: [{from: bin/kubeadm}]
        images: {layout: images}
        ha:
          keepalived:
          - {component: keepalived, image: "own.example/keepalived:{{version}}"}
          haproxy-keepalived:
          - {component: haproxy, image: "own.example/haproxy:{{version}}"}
          - {component: keepalived, image: "own.example/keepalived:{{version}}"}
        """
    private static let images = [
        "own.example/pause:1", "own.example/extra:1", "own.example/keepalived:2.2.7", "own.example/haproxy:2.6.12",
    ]

    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        let arch = try #require(FolderBuild.machine)
        try scratch.write(Self.yaml.replacing("ARCH", with: arch.rawValue), to: "own/sources.yaml")
        let script = "#!/bin/sh\nrm -rf \"$1\"\nmkdir -p \"${1%/*}\"\ncp -r \(scratch.path)/parts \"$1\"\n"
        try scratch.write(script, to: "own/make.sh", mode: 0o755)
        try scratch.write("#!/bin/sh\necho own.example/pause:1\n", to: "parts/bin/kubeadm", mode: 0o755)
        // Any image will do, under all the names.
        let shelf = ImageShelf(folder: "\(scratch.path)/parts/images")
        let program = try scratch.write("program", to: "program")
        let image = try shelf.add(GuardianImage(of: program, for: arch, version: "1"), for: arch)
        let all = Self.images.map {
            LayoutImage(name: $0, arch: arch, mediaType: image.mediaType, digest: image.digest, size: image.size)
        }
        try shelf.fill(all, from: [shelf])
    }

    /// - Returns: names of the images in the built folder, and its bundle.yaml.
    private func build(_ change: (inout BuildRequest) -> Void) async throws -> (images: [String], description: String) {
        var request = BuildRequest(cache: "\(scratch.path)/cache")
        change(&request)
        let build = FolderBuild(
            try BundleSources.read("\(scratch.path)/own"), request, options: FetchOptions(), progress: SilentProgress())
        return try await build.run { folder in
            let images = try ImageShelf(folder: "\(folder.path)/images").images(for: folder.arches).map(\.name)
            return (images, try String(contentsOfFile: "\(folder.path)/bundle.yaml", encoding: .utf8))
        }
    }

    @Test func `what a script makes for strategies comes in only when it is asked for`() async throws {
        #expect(try await build { _ in }.images == ["own.example/extra:1", "own.example/pause:1"])
        let some = try await build { $0.strategies = ["keepalived"] }
        #expect(some.images == ["own.example/extra:1", "own.example/keepalived:2.2.7", "own.example/pause:1"])
        #expect(some.description.contains("\"images/own.example/keepalived:2.2.7\": [master]"))
        #expect(some.description.contains("keepalived: \"2.2.7\""))
        let all = try await build { $0.strategies = ["haproxy-keepalived"] }
        #expect(all.images == Self.images.sorted())
    }

    @Test func `an image that is named itself comes in for all hosts`() async throws {
        let some = try await build { $0.images = ["own.example/haproxy:2.6.12"] }
        #expect(some.images == ["own.example/extra:1", "own.example/haproxy:2.6.12", "own.example/pause:1"])
        #expect(!some.description.contains("images/own.example/haproxy"))
    }
}
