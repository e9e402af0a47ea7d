// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto
import Foundation
import HakubeBundle
import HakubeModel
import HakubePlan

extension BundleContents {
    static let podNetworkPath = "manifests/pod-network.yaml"

    /// Reads what planning needs from a bundle file; its bytes are proved elsewhere.
    ///
    /// - Throws: `BundleError`.
    init(reading file: String) throws {
        let reader = BundleReader(file)
        let manifest = try reader.manifest()
        let hasNetwork = manifest.file(at: Self.podNetworkPath) != nil
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let digest = SHA256.hash(data: try encoder.encode(manifest))
        self.init(
            manifest: manifest,
            id: digest.prefix(6).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined(),
            podNetwork: hasNetwork ? try reader.manifestText(Self.podNetworkPath) : nil)
    }
}
