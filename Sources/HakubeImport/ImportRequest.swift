// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// What an import is asked for.
package struct ImportRequest: Sendable {
    /// An archive or a folder.
    package let source: String
    /// A bundle file to make, or a bundle folder to add images to.
    package let output: String
    /// `nil`: as the source tells.
    package var kubernetes: KubernetesVersion?
    package var arch: Architecture?
    /// A hakube-guardian for the hosts; `nil`: the source's own.
    package var guardian: String?
    /// A hakube-guardian where neither `guardian` nor the source has one.
    package var usualGuardian: String?
    package var limits = ImportLimits()

    package init(source: String, output: String) {
        self.source = source
        self.output = output
    }
}

/// What came of an import.
package struct ImportResult: Sendable {
    /// Names of all images, sorted.
    package let images: [String]
    /// `nil` where images were added to a folder.
    package let manifest: BundleManifest?
    /// Sentences about what was left out, and what somebody should know.
    package let notes: [String]
}
