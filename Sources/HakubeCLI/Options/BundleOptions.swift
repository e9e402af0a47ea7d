// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import HakubeBundle
import HakubePlan

/// The bundle that hosts are made members with.
struct BundleOptions: ParsableArguments {
    @Option(
        name: .customLong("bundle"),
        help: ArgumentHelp(
            "The offline bundle; once for each architecture where one file is for one.", valueName: "file"))
    var files: [String]

    @Option(
        help: ArgumentHelp(
            "Take only a bundle signed by a key of this file, such as id_ed25519.pub.", valueName: "file"))
    var requireSignature: String?

    /// The files' manifests, and whose they are where that is asked for.
    ///
    /// - Throws: `BundleError`.
    func read() throws -> BundleSet {
        if let requireSignature {
            let keys = try TrustedKeys(file: requireSignature)
            for file in files { _ = try BundleReader(file).requireSignature(by: keys) }
        }
        return try BundleSet(files)
    }

    /// Proves every byte of them, with a progress line each.
    ///
    /// - Throws: `BundleError`; `CancellationError` after Ctrl-C.
    func verify() async throws {
        for file in files { _ = try await verifiedBundle(file) }
    }
}
