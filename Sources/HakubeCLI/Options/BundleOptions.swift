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

    /// Opens the files, and proves whose they are where that is asked for.
    ///
    /// - Throws: `BundleError`.
    func read() throws -> BundleSet {
        try BundleSet(files, signedBy: requireSignature.map { try TrustedKeys(file: $0) })
    }
}

extension BundleSet {
    /// Proves every byte of the files, with a progress line each.
    ///
    /// - Throws: `BundleError`; `CancellationError` after Ctrl-C.
    func verify() async throws {
        for reader in readers { _ = try await reader.verifiedWithProgress() }
    }
}
