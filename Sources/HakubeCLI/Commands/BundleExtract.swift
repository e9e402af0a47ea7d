// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import HakubeBundle

/// `hakube bundle extract FILE DIR [PATH…]`: files out of a bundle, each proved by its digest.
struct BundleExtract: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extract", abstract: "Take files out of a bundle, each proved by its digest.",
        discussion: "Nothing is written beside the folder, and no file that lies there is replaced without --force.")

    @Argument(help: "The bundle.")
    var file: String

    @Argument(help: "The folder; it is made where it is missing.")
    var folder: String

    @Argument(help: "Files or folders of the bundle (default: everything), such as amd64/bin or hakube-bundle.json.")
    var paths: [String] = []

    @Flag(help: "Replace files that lie there.")
    var force = false

    func run() async throws {
        let (file, folder, paths, force) = (file, folder, paths, force)
        let written = try await Interrupt.cancels {
            let meter = ByteMeter("extract")
            defer { meter.end() }
            return try BundleReader(file).extract(to: folder, paths: paths, overwrites: force) { meter.show($0, $1) }
        }
        print("wrote \(written.count == 1 ? "1 file" : "\(written.count) files") below \(folder)")
    }
}
