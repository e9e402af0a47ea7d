// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

extension BundlePacker {
    /// `kube-VERSION-linux-ARCH.tar.zst`, as the folder's bundle.yaml says.
    ///
    /// - Throws: `BundleError` when that file is missing or wrong.
    package static func usualName(of folder: String) throws -> String {
        let description = try BundleDescription(folder: folder)
        guard let kubernetes = description.kubernetes, !description.arches.isEmpty else {
            throw BundleError(problems: description.faults.problems)
        }
        return BundleManifest.fileName(kubernetes: kubernetes.description, arches: description.arches)
    }
}

extension BundleManifest {
    /// The name a bundle has unless the user chose another.
    package static func fileName(kubernetes: String, arches: [Architecture]) -> String {
        "kube-\(kubernetes)-linux-\(arches.map(\.rawValue).joined(separator: "-")).tar.zst"
    }
}
