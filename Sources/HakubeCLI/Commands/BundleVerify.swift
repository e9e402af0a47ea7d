// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import Foundation
import HakubeBundle
import HakubeModel

/// `hakube bundle verify FILE`: every byte is what the manifest says, and the manifest is what a cluster needs.
struct BundleVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Read a whole bundle and prove every entry by its digest.")

    @Argument(help: "The bundle.")
    var file: String

    @Option(
        help: ArgumentHelp(
            "Whose signature it must have: a file of public Ed25519 keys, such as id_ed25519.pub.", valueName: "file"))
    var publicKey: String?

    func run() async throws {
        let reader = try BundleReader(file).opened()
        let signature: String
        if let publicKey {
            signature = "signed by \(try reader.requireSignature(by: TrustedKeys(file: publicKey)))"
        } else if let signer = try reader.signer() {
            signature = "signed by \(signer.fingerprint), which no --public-key was held against"
        } else {
            signature = "not signed"
        }
        let manifest = try await reader.verifiedWithProgress()
        if let release = manifest.version, !RequiredImages.isTabled(release) {
            StandardError.say(
                "note: hakube does not know the tags that \(release) asks for: only the names in requiredImages were looked at"
            )
        }
        print("\(file) is sound: \(manifest.summary); \(signature)")
    }
}

extension BundleReader {
    /// Verifies with a progress line and gives the manifest.
    ///
    /// - Throws: `BundleError`; `CancellationError` after Ctrl-C.
    func verifiedWithProgress() async throws -> BundleManifest {
        try await Interrupt.cancels {
            let meter = ByteMeter("verify")
            defer { meter.end() }
            return try verify { meter.show($0, $1) }
        }
    }
}
