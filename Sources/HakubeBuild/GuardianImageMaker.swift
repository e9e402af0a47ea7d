// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// hakube-guardian's image for bundles that are not built from sources.
package enum GuardianImageMaker {
    package static let program = GuardianImage.program
    /// Without its tag, which is hakube's version.
    package static let repository = GuardianImage.repository

    /// The image's manifest as an index names it.
    package struct Entry: Sendable, Hashable {
        package let name: String
        package let mediaType: String
        package let digest: String
        package let size: Int
    }

    /// Puts the image's blobs into an OCI layout; its index stays as it is.
    ///
    /// - Parameter file: a static hakube-guardian for `arch`.
    /// - Throws: `BundleError` if the program cannot be read or the layout not be written.
    package static func add(_ file: String, for arch: Architecture, to layout: String) throws -> Entry {
        let image = try GuardianImage.make(
            of: file, for: arch, version: HakubeVersion.current, on: ImageShelf(folder: layout))
        return Entry(name: image.name, mediaType: image.mediaType, digest: image.digest, size: image.size)
    }
}
