// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Where a host may have a file of the stage already.
package enum StageCandidates {
    /// containerd keeps what images consist of under its digest, as image layouts do.
    private static let contentStore = "/var/lib/containerd/io.containerd.content.v1.content/blobs/sha256"
    private static let blobs = "images/blobs/sha256/"

    /// Absolute paths; whoever takes a file from there has to look at its digest.
    package static func paths(for stagePath: String) -> [String] {
        if let installed = HostPath.installed(stagePath) { return [installed] }
        guard stagePath.hasPrefix(blobs) else { return [] }
        return ["\(contentStore)/\(stagePath.dropFirst(blobs.count))"]
    }
}
