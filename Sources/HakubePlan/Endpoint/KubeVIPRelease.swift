// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// A release of kube-vip, as far as the names of its settings depend on it.
package struct KubeVIPRelease: Sendable, Hashable, Comparable {
    package let major: Int
    package let minor: Int

    package init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// The release that an image's tag tells: `v1.2.3`, `0.3.8`, `v1.2.3-standin`. `nil` for a tag such as `latest`, which
    /// deserves the newest names.
    package init?(imageName: String) {
        guard let tag = ImageName(imageName)?.tag, let version = KubernetesVersion(tag) else { return nil }
        self.init(version.major, version.minor)
    }

    /// The newest one whose names are known.
    package static let newest = KubeVIPRelease(1, 2)

    /// Holds the virtual address. 0.3 wrote vip_address into its manifests, which later ones call deprecated.
    package var addressVariable: String { self < KubeVIPRelease(0, 4) ? "vip_address" : "address" }

    /// Holds the length of the virtual address's prefix: renamed in 0.9.0, after which vip_cidr is for BGP alone.
    package var prefixVariable: String { self < KubeVIPRelease(0, 9) ? "vip_cidr" : "vip_subnet" }

    package static func < (left: KubeVIPRelease, right: KubeVIPRelease) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }
}
