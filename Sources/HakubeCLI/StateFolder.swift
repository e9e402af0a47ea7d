// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel

/// Where this machine keeps what it knows of a cluster: known_hosts, journal, logs, kubeconfig. A cache, never the truth.
struct StateFolder: Sendable {
    let root: URL

    /// `~/.hakube/CLUSTER`, or below HAKUBE_HOME where that is set.
    init(cluster: String, environment: [String: String] = ProcessInfo.processInfo.environment) {
        self.init(cluster: cluster, home: StateHome(environment: environment))
    }

    init(cluster: String, home: StateHome) { root = home.root.appending(path: cluster) }

    /// What the cluster's record said when it was last read.
    var record: URL { root.appending(path: ClusterRecord.fileName) }
    var knownHosts: URL { root.appending(path: "known_hosts") }
    var kubeconfig: URL { root.appending(path: "kubeconfig") }

    /// Makes the folder, mode 0700, and proves that files can be written in it, before any host is asked anything.
    ///
    /// - Throws: `PreflightError`.
    func prepare() throws { try Self.prove(root) }

    /// The same for any folder of hakube's own.
    static func prove(_ folder: URL) throws {
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            let probe = folder.appending(path: ".probe-\(ProcessInfo.processInfo.processIdentifier)")
            // An empty file fits on a full disk.
            defer { try? FileManager.default.removeItem(at: probe) }
            try Data(count: 4096).write(to: probe)
        } catch {
            let reason = (error as NSError).localizedFailureReason ?? error.localizedDescription
            throw PreflightError(problems: [
                Problem(
                    place: folder.path(percentEncoded: false),
                    message: "logs and journal cannot be written here (\(reason))",
                    remedy: "see that the folder has room and can be written, or set HAKUBE_HOME to another")
            ])
        }
    }
}

/// Checks that failed before anything was changed; all of them.
struct PreflightError: Error, Sendable, Hashable {
    let problems: [Problem]
}
