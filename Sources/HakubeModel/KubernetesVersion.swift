// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// A Kubernetes release: v1.34.2, or v1.37.0-rc.0 with a pre-release part.
package struct KubernetesVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let major: Int
    package let minor: Int
    package let patch: Int
    package let preRelease: String?

    /// Reads `v1.34.2` or `1.34.2`; two numbers alone (`1.34`) mean patch 0.
    package init?(_ text: String) {
        let bare = text.hasPrefix("v") ? text.dropFirst() : text[...]
        let halves = bare.split(separator: "-", maxSplits: 1)
        guard let first = halves.first else { return nil }
        let parts = first.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { $0.allSatisfy(\.isASCIIDigit) ? Int($0) : nil }
        guard (2...3).contains(parts.count), numbers.count == parts.count else { return nil }
        major = numbers[0]
        minor = numbers[1]
        patch = numbers.count == 3 ? numbers[2] : 0
        preRelease = halves.count == 2 ? String(halves[1]) : nil
    }

    package var description: String {
        "v\(major).\(minor).\(patch)" + (preRelease.map { "-\($0)" } ?? "")
    }

    /// True from `major.minor` on, pre-releases of that minor included.
    package func isAtLeast(_ major: Int, _ minor: Int) -> Bool { (self.major, self.minor) >= (major, minor) }

    /// Where kubeadm of this release looks for images unless it is told otherwise: registry.k8s.io since v1.25. The patches of
    /// December 2022 brought it to the older releases that were still served (kubernetes/kubernetes 113388, 113393, 113395).
    package var usualImageRepository: String {
        let firstPatch = [22: 17, 23: 15, 24: 9]
        let isNew = major == 1 && firstPatch[minor].map { patch >= $0 } ?? isAtLeast(1, 25)
        return isNew ? "registry.k8s.io" : "k8s.gcr.io"
    }

    /// The path at which an API server of this release says that it can serve: /readyz came with 1.16.
    package var readinessPath: String { isAtLeast(1, 16) ? "/readyz" : "/healthz" }

    package static func < (left: KubernetesVersion, right: KubernetesVersion) -> Bool {
        let ours = (left.major, left.minor, left.patch)
        let theirs = (right.major, right.minor, right.patch)
        if ours != theirs { return ours < theirs }
        switch (left.preRelease, right.preRelease) {
        case (nil, _): return false
        case (_, nil): return true
        case (let ours?, let theirs?): return ours < theirs
        }
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}
