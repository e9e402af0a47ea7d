// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// What the operator asks of a build.
package struct BuildRequest: Sendable {
    /// `v1.36.4`, or `v1.36` for the newest of that minor; `nil`: the one release the sources have.
    package var kubernetes: String?
    /// Empty: this machine's.
    package var arches: [Architecture] = []
    /// `nil`: the first that the sources have.
    package var network: String?
    /// A file in place of the manifest that the sources name.
    package var networkManifest: String?
    /// Add-ons, applied once each in the order of their names.
    package var manifests: [String] = []
    package var images: [String] = []
    /// Endpoint strategies whose images masters get.
    package var strategies: [String] = []
    package var files: [ExtraFile] = []
    /// Programs hakube-guardian, one an architecture.
    package var guardians: [String] = []
    /// As kubeadm's imageRepository.
    package var imageRepository: String?
    /// Versions in place of those of the sources, by component.
    package var components: [String: String] = [:]
    /// Absolute path of the folder that keeps what was fetched.
    package var cache: String
    /// Whether what was fetched before is asked for again.
    package var isRefreshed = false

    package init(cache: String) { self.cache = cache }

    /// A version as it stands in addresses, without the leading v; `nil` for what could not be one.
    package static func version(_ text: String) -> String? { VersionTable.version(text) }
}

/// A folder that `BundlePacker` can pack.
package struct BuiltFolder: Sendable, Hashable {
    package let path: String
    package let kubernetes: KubernetesVersion
    /// Sorted.
    package let arches: [Architecture]

    /// The name a bundle of it has unless the operator chose another.
    package var usualName: String {
        "kube-\(kubernetes)-linux-\(arches.map(\.rawValue).joined(separator: "-")).tar.zst"
    }
}
