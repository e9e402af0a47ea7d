// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

extension BundlePacker {
    /// `kube-VERSION-linux-ARCH.tar.zst`, as the folder's bundle.yaml says.
    ///
    /// - Throws: `BundleError` when that file is missing or wrong.
    package static func usualName(of folder: String) throws -> String {
        let path = "\(folder)/\(BundleDescription.fileName)"
        guard let yaml = try FileBytes.text(path) else {
            throw BundleError(path, "the file is missing", "write it with the keys kubernetes, arch and roles")
        }
        let description = BundleDescription(yaml: yaml, subject: folder)
        guard let kubernetes = description.kubernetes, let arch = description.arch else {
            throw BundleError(problems: description.faults.problems)
        }
        return BundleManifest.fileName(kubernetes: kubernetes.description, arch: arch)
    }
}

extension BundleManifest {
    /// The name a bundle has unless the user chose another.
    package static func fileName(kubernetes: String, arch: Architecture) -> String {
        "kube-\(kubernetes)-linux-\(arch.rawValue).tar.zst"
    }
}
