// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel
import HakubeBundle
import HakubeFetch

/// Asks a kubeadm which images its release needs. The list depends on the patch release, so only kubeadm itself knows.
package enum KubeadmQuestion {
    /// - Parameters:
    ///   - program: a kubeadm for this machine.
    ///   - repository: as kubeadm's imageRepository: every name stands right below it.
    ///   - scratch: a file that may be written.
    /// - Returns: full names with tags.
    /// - Throws: `BundleError` if it does not answer with such a list.
    package static func images(
        _ program: String, of release: KubernetesVersion, repository: String?, scratch: String,
        limit: Duration = .seconds(30)
    ) async throws -> [String] {
        // With a release named kubeadm asks no server for the newest; the dead proxy makes sure of it.
        let dead = "http://127.0.0.1:9"
        let command = LocalCommand(
            arguments: [program, "config", "images", "list", "--kubernetes-version", release.description]
                + (repository.map { ["--image-repository", $0] } ?? []),
            environment: [
                "PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "http_proxy": dead, "https_proxy": dead,
                "HTTP_PROXY": dead, "HTTPS_PROXY": dead,
            ])
        let ended = try await command.run(output: scratch, limit: limit)
        let names = ended.output.split(whereSeparator: \.isNewline).map(String.init).filter { !$0.isEmpty }
        guard ended.status == 0, !names.isEmpty, names.allSatisfy({ ImageName($0)?.text == $0 }) else {
            throw BundleError(
                program, "`config images list` ended with status \(ended.status) and no list of images",
                "run it by hand and see why; --refresh fetches it again")
        }
        return names
    }
}
