// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto
import Foundation
import HakubeBundle
import HakubeModel
import HakubePlan

extension BundleContents {
    private static let folder = "manifests/"
    private static let podNetworkPath = "manifests/pod-network.yaml"

    /// Reads what planning needs; the bundle's bytes are proved elsewhere.
    ///
    /// - Throws: `BundleError`.
    init(reading bundles: BundleSet) throws {
        let manifest = bundles.manifest
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let digest = SHA256.hash(data: try encoder.encode(manifest))
        let paths = manifest.files.map(\.path).filter { $0.hasPrefix(Self.folder) }
        let texts = try bundles.texts(paths)
        let addOns = paths.filter { $0 != Self.podNetworkPath }.compactMap { path in
            texts[path].map { AddOn(name: Self.name(of: path), text: $0) }
        }
        self.init(
            manifest: manifest,
            id: digest.prefix(6).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined(),
            podNetwork: texts[Self.podNetworkPath], addOns: addOns)
    }

    /// `manifests/metrics-server.yaml` is metrics-server.
    private static func name(of path: String) -> String {
        let file = path.dropFirst(folder.count)
        return String(file.lastIndex(of: ".").map { file[..<$0] } ?? file)
    }
}
