// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Which containerd goes with which Kubernetes, as containerd's own list of supported releases says it.
enum ContainerdSkew {
    /// From this minor of Kubernetes on, the oldest release of each line of containerd. A line older than the first, or
    /// left out between two, does not go; one newer than the last does.
    private static let table: [(minor: Int, oldest: [String])] = [
        (36, ["2.2.0", "2.3.0"]),
        (35, ["1.7.28", "2.1.5", "2.2.0"]),
        (34, ["1.7.28", "2.0.6", "2.1.3"]),
        (32, ["1.7.24", "2.0.0", "2.1.0"]),
        // The kubelet speaks nothing but CRI v1 from 1.26 on, and containerd 1.6 was the first to answer it.
        (26, ["1.6.0", "1.7.0", "2.0.0"]),
    ]

    /// What is wrong with the pair, in words; `nil` if nothing is, or nothing is known.
    static func fault(_ version: String, for release: KubernetesVersion) -> String? {
        guard let containerd = ComponentVersion(version) else { return nil }
        // The kubelet asked for CRI v1alpha2 only until 1.22, and containerd 2.0 dropped it.
        if !release.isAtLeast(1, 23), let two = ComponentVersion("2.0.0"), containerd >= two {
            return "containerd \(version) is too new for Kubernetes \(release), which goes with 1.x"
        }
        guard let row = table.first(where: { release.isAtLeast(1, $0.minor) }) else { return nil }
        let oldest = row.oldest.compactMap(ComponentVersion.init)
        let list = row.oldest.joined(separator: ", ")
        let message = "containerd \(version) is too old for Kubernetes \(release), which goes with \(list) or newer"
        if let line = oldest.first(where: { $0.line == containerd.line }) { return containerd < line ? message : nil }
        guard let last = oldest.last, containerd > last else { return message }
        return nil
    }
}
