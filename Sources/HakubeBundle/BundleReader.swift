// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto
package import HakubeModel

/// A bundle file. Several may read side by side.
package struct BundleReader: Sendable {
    package let path: String
    private let held: (file: BundleFile, head: BundleHead)?

    /// Every call opens the file anew.
    package init(_ path: String) {
        self.path = path
        held = nil
    }

    private init(_ path: String, held: (BundleFile, BundleHead)) {
        self.path = path
        self.held = held
    }

    /// The same file for all calls, whatever is put in its place meanwhile: what was signed is what is verified and sent.
    ///
    /// - Throws: `BundleError`.
    package func opened() throws -> BundleReader { BundleReader(path, held: try open()) }

    /// Reads the manifest alone: its frame and the end of the file, some hundred kilobytes at most.
    /// - Throws: `BundleError`.
    package func manifest() throws -> BundleManifest { try open().head.manifest }

    /// Reads small text files, each by itself and checked against its digest.
    ///
    /// - Parameter paths: as they stand in the archive.
    /// - Throws: `BundleError`, also for a path that the bundle does not have.
    package func texts(_ paths: [String]) throws -> [String: String] {
        let (file, head) = try open()
        let frames = head.frames
        var texts: [String: String] = [:]
        for path in Set(paths).sorted() {
            guard let frame = frames.first(where: { $0.file.path == path }) else {
                throw BundleError("\(self.path): \(path)", "the bundle has no such file", "see `hakube bundle inspect`")
            }
            guard frame.file.size <= 16 << 20 else {
                throw BundleError("\(self.path): \(path)", "is too large for a text", Remedy.repack)
            }
            var bytes: [UInt8] = []
            try frame.entry(of: file).read { bytes += $0 }
            texts[path] = String(decoding: bytes, as: UTF8.self)
        }
        return texts
    }

    /// Reads one small text file, such as manifests/pod-network.yaml.
    /// - Throws: `BundleError`.
    package func manifestText(_ path: String) throws -> String { try texts([path])[path] ?? "" }

    func open() throws -> (file: BundleFile, head: BundleHead) {
        if let held { return held }
        let file = try BundleFile(path: path)
        return (file, try BundleHead(file))
    }
}

extension BundleHead {
    /// A file of the bundle and where its frame begins.
    struct Frame {
        let file: BundleManifest.File
        let start: Int

        func entry(of bundle: BundleFile, meter: SharedMeter? = nil) -> EntryInput {
            EntryInput(bundle: bundle, file: file, start: start, meter: meter)
        }
    }

    /// All frames of files, in the order of the manifest.
    var frames: [Frame] {
        var start = dataStart
        return manifest.files.map { file in
            defer { start += file.stored }
            return Frame(file: file, start: start)
        }
    }
}
