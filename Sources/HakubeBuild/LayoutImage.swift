// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel

/// One image of one architecture in a layout.
struct LayoutImage: Codable, Hashable {
    let name: String
    let arch: Architecture
    let mediaType: String
    let digest: String
    let size: Int
}

extension ImageDocument {
    /// `nil` if the file is none.
    init?(file: String) {
        guard let text = LocalFile.text(file, limit: 4 << 20),
            let document = try? JSONDecoder().decode(ImageDocument.self, from: Data(text.utf8))
        else { return nil }
        self = document
    }
}
