// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// What `kubeadm config images list` says of a release, from a table: a cross-check, and the answer where no kubeadm of
/// the bundle runs here.
package enum RequiredImages {
    /// Releases of one minor, up to a patch, and the tags that their kubeadm asks for.
    struct Row: Sendable {
        let minor: Int
        let patches: ClosedRange<Int>
        let etcd: String
        let coredns: String
        let pause: String

        init(_ minor: Int, _ patches: ClosedRange<Int>, _ etcd: String, _ coredns: String, _ pause: String) {
            self.minor = minor
            self.patches = patches
            self.etcd = etcd
            self.coredns = coredns
            self.pause = pause
        }
    }

    static let programs = ["kube-apiserver", "kube-controller-manager", "kube-proxy", "kube-scheduler"]

    static func row(of release: KubernetesVersion) -> Row? {
        guard release.major == 1, release.preRelease == nil else { return nil }
        return table.first { $0.minor == release.minor && $0.patches.contains(release.patch) }
    }

    /// Whether a table tells the release's images; if not, a list of them is held against names alone.
    package static func isTabled(_ release: KubernetesVersion) -> Bool { row(of: release) != nil }

    /// NAME:TAG of every image, without the repository; `nil` for a release that the table does not have.
    static func shortNames(of release: KubernetesVersion) -> Set<String>? {
        guard let row = row(of: release) else { return nil }
        return Set(
            programs.map { "\($0):\(release)" } + ["etcd:\(row.etcd)", "coredns:\(row.coredns)", "pause:\(row.pause)"])
    }

    /// The full names, sorted; `nil` for a release that the table does not have.
    ///
    /// kubeadm knows CoreDNS below a folder of its own from 1.21 on, in its own repository only.
    package static func names(of release: KubernetesVersion, repository: String? = nil) -> [String]? {
        let usual = release.usualImageRepository
        let folder = repository ?? usual == usual && release.isAtLeast(1, 21) ? "coredns/" : ""
        return shortNames(of: release)?.map { name in
            "\(repository ?? usual)/\(name.hasPrefix("coredns:") ? folder : "")\(name)"
        }.sorted()
    }

    /// NAME:TAG of a full name.
    static func shortName(_ image: String) -> String {
        String(image.split(separator: "/").last ?? "")
    }

    static func isPause(_ image: String) -> Bool { shortName(image).hasPrefix("pause:") }
}
