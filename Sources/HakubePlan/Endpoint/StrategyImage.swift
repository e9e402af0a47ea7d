// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// A program that an endpoint strategy runs on masters, as an image of the bundle.
package enum StrategyImage: Sendable, Hashable, CaseIterable {
    case keepalived
    case haproxy
    case kubeVIP
    case kubeVIPCloudProvider

    /// The last part of the image's name. Registries differ: mirrors, one's own, Docker Hub's many keepaliveds.
    package var lastPart: String {
        switch self {
        case .keepalived: "keepalived"
        case .haproxy: "haproxy"
        case .kubeVIP: "kube-vip"
        case .kubeVIPCloudProvider: "kube-vip-cloud-provider"
        }
    }

    /// The full name under which masters have the image; `nil` where the bundle brings them none.
    ///
    /// Of several the one with the highest numbers in its tag, and of equal ones the plainest tag.
    /// - Parameter arch: only images of this architecture count; `nil` means any.
    package func name(in manifest: BundleManifest, on arch: Architecture? = nil) -> String? {
        let images = manifest.images.filter { $0.roles.contains(Role.master.rawValue) && (arch ?? $0.arch) == $0.arch }
        let names = images.compactMap { ImageName($0.name) }
        let ours = names.filter { $0.lastPart == lastPart && $0.tag != nil }
        return ours.max { isLess($0, $1) }?.text
    }

    private func isLess(_ left: ImageName, _ right: ImageName) -> Bool {
        let (ours, theirs) = (Self.numbers(left), Self.numbers(right))
        return ours == theirs ? left.text > right.text : ours.lexicographicallyPrecedes(theirs)
    }

    private static func numbers(_ name: ImageName) -> [Int] {
        (name.tag ?? "").split { !$0.isASCII || !$0.isNumber }.compactMap { Int($0) }
    }
}
