// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import Foundation
import HakubeBundle
import HakubeModel

/// `hakube bundle verify FILE`: every byte is what the manifest says.
struct BundleVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Read a whole bundle and prove every entry by its digest.")

    @Argument(help: "The bundle.")
    var file: String

    func run() async throws {
        let manifest = try await verifiedBundle(file)
        print("\(file) is sound: \(manifest.summary)")
    }
}

/// Verifies with a progress line and gives the manifest.
///
/// - Throws: `BundleError`; `CancellationError` after Ctrl-C.
func verifiedBundle(_ file: String) async throws -> BundleManifest {
    try await Interrupt.cancels {
        let meter = ByteMeter("verify")
        defer { meter.end() }
        return try BundleReader(file).verify { meter.show($0, $1) }
    }
}
