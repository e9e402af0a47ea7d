// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Which release's kubeadm reads which version of its configuration.
struct KubeadmRelease: Sendable {
    let version: String
    /// Minor releases of Kubernetes 1: the first that reads it, the first that calls it old, the last that reads it.
    let first: Int
    let deprecated: Int?
    let last: Int?

    /// kubernetes/kubernetes: 101129, 107013, 125029, 136016.
    static let all = [
        KubeadmRelease(version: "v1alpha3", first: 12, deprecated: 13, last: 14),
        KubeadmRelease(version: "v1beta1", first: 13, deprecated: 17, last: 21),
        KubeadmRelease(version: "v1beta2", first: 15, deprecated: 24, last: 26),
        KubeadmRelease(version: "v1beta3", first: 22, deprecated: 31, last: 36),
        KubeadmRelease(version: "v1beta4", first: 31, deprecated: nil, last: nil),
    ]

    func isRead(by release: KubernetesVersion) -> Bool {
        release.minor >= first && last.map { release.minor <= $0 } ?? true
    }

    func isOld(for release: KubernetesVersion) -> Bool { deprecated.map { release.minor >= $0 } ?? false }

    /// The version to write for a release.
    static func best(for release: KubernetesVersion) -> String {
        all.last { $0.isRead(by: release) && !$0.isOld(for: release) }?.version
            ?? all.last { $0.isRead(by: release) }?.version ?? "v1beta4"
    }
}
