// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// An index as a bundle has to have it: with images.
struct ImageIndex: Codable {
    var schemaVersion: Int
    var mediaType: String?
    var manifests: [ImageDescriptor]
}

/// The manifest of one image: its configuration and layers.
struct ImageManifest: Codable {
    var config: ImageDescriptor
    var layers: [ImageDescriptor]
}
