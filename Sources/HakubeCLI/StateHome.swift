// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation

/// The folder with a folder for each cluster.
struct StateHome: Sendable, Hashable {
    let root: URL

    init(root: URL) { self.root = root }

    /// `~/.hakube`, or HAKUBE_HOME where that is set.
    init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        let home = environment["HAKUBE_HOME"].map { URL(filePath: $0) }
        root = home ?? URL(filePath: environment["HOME"] ?? "/root").appending(path: ".hakube")
    }

    /// Host keys of hosts whose cluster is not known yet.
    var knownHosts: URL { root.appending(path: "known_hosts") }

    /// Clusters whose record is cached here, sorted.
    var clusters: [String] {
        folders.filter { FileManager.default.fileExists(atPath: $0.record.path(percentEncoded: false)) }
            .map(\.root.lastPathComponent).sorted()
    }

    /// Every known_hosts file below, the clusters' own ones included.
    var allKnownHosts: [URL] { [knownHosts] + folders.map(\.knownHosts) }

    private var folders: [StateFolder] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path(percentEncoded: false))) ?? []
        return names.sorted().filter { !$0.hasPrefix(".") }.map { StateFolder(cluster: $0, home: self) }
    }
}
