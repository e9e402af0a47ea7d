// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import Foundation
import HakubeBundle
import HakubeModel

/// `hakube bundle list-images FILE`: the names alone, for other programs to read.
struct BundleListImages: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list-images", abstract: "Show the images of a bundle, one name a line.")

    @Argument(help: "The bundle.")
    var file: String

    @Option(help: "text or json; json has architecture, digest, size and roles, too.")
    var output = OutputOptions.Format.text

    private struct Line: Encodable {
        let name: String, arch: Architecture, digest: String, bytes: Int, roles: [String]
    }

    func run() async throws {
        let manifest = try BundleReader(file).manifest()
        switch output {
        case .text: for name in Set(manifest.images.map(\.name)).sorted() { print(name) }
        case .json:
            let sizes = Dictionary(manifest.files.map { ($0.blob ?? "", $0.size) }) { first, _ in first }
            let lines = manifest.images.map { image in
                Line(
                    name: image.name, arch: image.arch, digest: image.digest,
                    bytes: image.blobs.reduce(0) { $0 + (sizes[$1] ?? 0) }, roles: image.roles)
            }
            try JSONText.show(lines)
        }
    }
}

/// JSON for people and programs, on standard output.
enum JSONText {
    static func show(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}
