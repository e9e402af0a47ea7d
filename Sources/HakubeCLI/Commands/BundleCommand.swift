// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser

/// `hakube bundle`: the offline bundle, made, proved and looked into.
struct BundleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bundle", abstract: "Build, import, sign, verify or look into an offline bundle.",
        subcommands: [
            BundleBuild.self, BundleImport.self, BundlePack.self, BundleSign.self, BundleVerify.self,
            BundleInspect.self,
            BundleListImages.self, BundleDiff.self, BundleExtract.self,
        ])
}
