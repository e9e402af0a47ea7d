// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto
package import HakubeModel

/// A bundle file. Every call opens it anew, so that several may read side by side.
package struct BundleReader: Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    /// Reads the first entry alone: a few kilobytes of the file.
    /// - Throws: `BundleError`.
    package func manifest() throws -> BundleManifest { try open().manifest }

    /// Reads small text entries in one pass, each checked against its digest.
    ///
    /// The stream cannot be entered in the middle: what stands behind the images costs reading them.
    /// - Throws: `BundleError`, also for a path that the bundle does not have.
    package func texts(_ paths: [String]) throws -> [String: String] {
        let (tar, manifest) = try open()
        for path in paths where manifest.file(at: path) == nil {
            throw BundleError("\(self.path): \(path)", "the bundle has no such file", "see `hakube bundle inspect`")
        }
        var texts: [String: String] = [:]
        while texts.count < Set(paths).count, let (header, _) = try tar.header() {
            guard paths.contains(header.path), let file = manifest.file(at: header.path), file.size <= 16 << 20 else {
                try tar.content(of: header) { _ in }
                continue
            }
            var bytes: [UInt8] = []
            try tar.content(of: header) { bytes += $0 }
            try check(file, size: bytes.count, sha256: Digest.hex(of: bytes))
            texts[file.path] = String(decoding: bytes, as: UTF8.self)
        }
        for path in Set(paths).sorted() where texts[path] == nil {
            throw BundleError("\(self.path): \(path)", "the entry is missing or too large for a text", Remedy.again)
        }
        return texts
    }

    /// Reads one small text entry, such as manifests/pod-network.yaml.
    /// - Throws: `BundleError`.
    package func manifestText(_ path: String) throws -> String { try texts([path])[path] ?? "" }

    /// Opens the file and reads its manifest; the reader then stands before the second entry.
    func open() throws -> (tar: TarReader, manifest: BundleManifest) {
        let (_, tar, manifest) = try openInput()
        return (tar, manifest)
    }

    func openInput() throws -> (input: ArchiveInput, tar: TarReader, manifest: BundleManifest) {
        let input = try ArchiveInput(path: path)
        let tar = TarReader(input)
        guard let (header, block) = try tar.header() else {
            throw BundleError(path, "is an empty archive and not a bundle", Remedy.again)
        }
        guard header.path == BundleManifest.entryName else {
            throw BundleError(
                path, "is not a bundle: its first entry is \(header.path), not \(BundleManifest.entryName)",
                "name a file made by `hakube bundle pack`")
        }
        guard header.size <= ManifestRules.maximumSize, block == header.canonical(mode: 0o644) else {
            throw BundleError(
                "\(path): \(header.path)", "the manifest's entry is not as hakube writes it", Remedy.repack)
        }
        var bytes: [UInt8] = []
        try tar.content(of: header) { bytes += $0 }
        return (input, tar, try ManifestRules.decode(bytes, bundle: path))
    }

    func check(_ file: BundleManifest.File, size: Int, sha256: String) throws(BundleError) {
        guard size != file.size || sha256 != file.sha256 else { return }
        var faults = FaultList(path)
        faults.addDifference(file, size: size, sha256: sha256)
        throw BundleError(problems: faults.problems)
    }
}

extension FaultList {
    /// The content of an entry is not what the manifest says.
    mutating func addDifference(_ file: BundleManifest.File, size: Int, sha256: String) {
        if size != file.size {
            add(file.path, "the entry has \(size) bytes, and the manifest says \(file.size)", Remedy.again)
        } else if sha256 != file.sha256 {
            add(
                file.path, "the content has sha256 \(sha256), and the manifest says \(file.sha256)",
                Remedy.again)
        }
    }
}

extension TarHeader {
    /// The block that a packer writes for this path and size.
    func canonical(mode: Int) -> [UInt8] { TarHeader(path: path, mode: mode, size: size).block }
}
