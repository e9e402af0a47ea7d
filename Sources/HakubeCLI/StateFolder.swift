// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel

/// Where this machine keeps what it knows of a cluster: known_hosts, journal, logs, kubeconfig. A cache, never the truth.
struct StateFolder: Sendable {
    let root: URL

    /// `~/.hakube/CLUSTER`, or below HAKUBE_HOME where that is set.
    init(cluster: String, environment: [String: String] = ProcessInfo.processInfo.environment) {
        let home = environment["HAKUBE_HOME"].map { URL(filePath: $0) }
        let base = home ?? URL(filePath: environment["HOME"] ?? "/root").appending(path: ".hakube")
        root = base.appending(path: cluster)
    }

    var knownHosts: URL { root.appending(path: "known_hosts") }
    var kubeconfig: URL { root.appending(path: "kubeconfig") }

    /// Makes the folder, mode 0700, and proves that files can be written in it, before any host is asked anything.
    ///
    /// - Throws: `PreflightError`.
    func prepare() throws {
        do {
            try FileManager.default.createDirectory(
                at: root, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            let probe = root.appending(path: ".probe-\(ProcessInfo.processInfo.processIdentifier)")
            try Data().write(to: probe)
            try FileManager.default.removeItem(at: probe)
        } catch {
            let reason = (error as NSError).localizedFailureReason ?? error.localizedDescription
            throw PreflightError(problems: [
                Problem(
                    place: root.path(percentEncoded: false),
                    message: "logs and journal cannot be written here (\(reason))",
                    remedy: "make the folder writable, or set HAKUBE_HOME to one that is")
            ])
        }
    }
}

/// Checks that failed before anything was changed; all of them.
struct PreflightError: Error, Sendable, Hashable {
    let problems: [Problem]
}
