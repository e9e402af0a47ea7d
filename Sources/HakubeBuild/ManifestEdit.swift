// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeBundle

/// One replacement in a manifest that somebody else wrote.
package struct ManifestEdit: Sendable, Hashable {
    let find: String
    let write: String
    /// `sources.yaml:12`
    let place: String

    /// - Parameter origin: where the manifest came from, for the sentence.
    /// - Throws: `BundleError` unless the text to find stands there exactly once: applied to a form that it was not
    ///   written for, an edit would make a manifest that is wrong in silence.
    func apply(to text: String, from origin: String) throws -> String {
        let count = text.ranges(of: find).count
        guard count == 1 else {
            throw BundleError(
                origin, "the edit of `\(find)` fits \(count) times where it must fit once (\(place))",
                "take the version that the edit was written for with --component, or name an edited manifest with --cni-manifest"
            )
        }
        return text.replacing(find, with: write, maxReplacements: 1)
    }
}
