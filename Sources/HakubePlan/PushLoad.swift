// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// What a host gets of a bundle, in bytes as they travel.
package struct PushLoad: Sendable, Hashable {
    /// Of files whose content is not there yet.
    package let bytes: Int
    /// Of all files of the host's role and architecture.
    package let total: Int

    package init(bytes: Int, total: Int) {
        self.bytes = bytes
        self.total = total
    }

    static func + (one: PushLoad, other: PushLoad) -> PushLoad {
        PushLoad(bytes: one.bytes + other.bytes, total: one.total + other.total)
    }
}

/// Contents that a host has already, by signs that cost nothing to read: names, sizes, the record of what was verified.
package struct HostContents: Sendable, Hashable {
    /// SHA-256 of installed files whose line in `DigestRecord` fits.
    package var installed: Set<String> = []
    /// SHA-256 of what containerd keeps.
    package var blobs: Set<String> = []
    /// Bytes of files below the stage, by bundle and path: `0123456789ab/bin/kubelet`.
    package var staged: [String: Int] = [:]

    package init() {}

    func has(_ file: BundleManifest.File, of bundle: BundleContents) -> Bool {
        if staged["\(bundle.id)/\(file.stagePath)"] == file.size { return true }
        if file.blob != nil { return blobs.contains(file.sha256) }
        return HostPath.installed(file.stagePath) != nil && installed.contains(file.sha256)
    }
}

/// What hosts of each kind get, made out once for a kind.
struct PushLoads {
    let bundle: BundleContents?
    private var kinds: [HostKind: (files: [BundleManifest.File], total: Int)] = [:]

    init(bundle: BundleContents?) { self.bundle = bundle }

    /// `nil` without a bundle.
    mutating func load(of kind: HostKind, on facts: Facts) -> PushLoad? {
        guard let bundle else { return nil }
        let known = kinds[kind] ?? Self.files(of: kind, in: bundle)
        kinds[kind] = known
        let contents = facts.contents
        if contents == HostContents() { return PushLoad(bytes: known.total, total: known.total) }
        let missing = known.files.filter { !contents.has($0, of: bundle) }
        // Lists and manifests only serve to install the rest; where all of it stands nothing is sent.
        let isDone = missing.allSatisfy { $0.blob == nil && HostPath.installed($0.stagePath) == nil }
        return PushLoad(bytes: isDone ? 0 : missing.reduce(0) { $0 + $1.wireSize }, total: known.total)
    }

    private static func files(of kind: HostKind, in bundle: BundleContents) -> ([BundleManifest.File], Int) {
        let files = bundle.manifest.files(for: kind.role, on: kind.arch)
        return (files, files.reduce(0) { $0 + $1.wireSize })
    }
}

extension BundleManifest.File {
    /// Bytes that travel: as it is stored, unless compression saves next to nothing; then the host is spared the work.
    fileprivate var wireSize: Int { isSmallerStored ? stored : size }
}
