// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser

/// `hakube bundle`: the offline bundle, made, proved and looked into.
struct BundleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bundle", abstract: "Make, verify or inspect an offline bundle.",
        subcommands: [BundlePack.self, BundleImport.self, BundleVerify.self, BundleInspect.self])
}
