// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import Foundation
import HakubeBuild
import HakubeBundle
import HakubeModel

/// `hakube bundle build`: everything a cluster of one Kubernetes release needs, fetched from its sources into one file.
struct BundleBuild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build", abstract: "Fetch everything a release needs, and make a bundle of it.",
        discussion: """
            Runs on a machine with internet, or with mirrors in its place:

              hakube bundle build --kubernetes v1.36.4 --arch amd64 --arch arm64 --cni flannel

            Programs are checked against their published checksums, images against their digests. The list of images is \
            what the release's own kubeadm asks for. What was fetched stays in the cache: a build that was cut off goes \
            on where it stopped. Same inputs, same bytes. docs/build.md tells more.
            """)

    @OptionGroup(title: "What goes in") var contents: BuildContentOptions
    @OptionGroup(title: "Where it comes from") var origins: BuildOriginOptions

    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "The file to write, ending in .tar.zst, .tar.gz or .tar (default: kube-VERSION-linux-ARCH.tar.zst).",
            valueName: "file"))
    var output: String?

    @Option(
        help: ArgumentHelp(
            "Sign it with this private Ed25519 key of OpenSSH's, without a passphrase.", valueName: "file"))
    var signKey: String?

    func run() async throws {
        // A key that cannot be read or a name that is wrong must not cost a whole build.
        let key = try signKey.map { try SigningKey(file: $0) }
        try output.map(Self.check(output:))
        let sources = try origins.bundleSources()
        let request = try contents.request(cache: origins.cacheFolder)
        let options = try origins.fetchOptions()
        let output = output
        do {
            try await Interrupt.cancels {
                let build = FolderBuild(sources, request, options: options, progress: TransferDisplay.display())
                try await build.run { folder in
                    let target = output ?? folder.usualName
                    let meter = ByteMeter("pack")
                    defer { meter.end() }
                    let manifest = try BundlePacker.pack(folder: folder.path, to: target, key: key) {
                        meter.show($0, $1)
                    }
                    meter.end()
                    print("built \(manifest.summary) into \(target)")
                }
            }
        } catch is CancellationError {
            StandardError.say("interrupted; the same command goes on with what was fetched until now")
            throw RunEnded(family: .interrupted)
        }
    }

    private static func check(output: String) throws {
        let place = "--output \(output)"
        if BundleCompression(fileName: output) == nil {
            throw InventoryError(problems: [
                Problem(
                    place: place, message: "the ending says no compression",
                    remedy: "end the name in .tar.zst, .tar.gz or .tar")
            ])
        }
        let folder = URL(filePath: output).deletingLastPathComponent().path(percentEncoded: false)
        guard FileManager.default.isWritableFile(atPath: folder) else {
            throw InventoryError(problems: [
                Problem(
                    place: place, message: "there is no folder \(folder) to write to",
                    remedy: "make it, or name another")
            ])
        }
    }
}
