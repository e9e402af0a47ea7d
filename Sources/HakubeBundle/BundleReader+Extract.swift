// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension BundleReader {
    /// Takes files out, each proved by its digest, and writes them below a folder by the paths they have in the archive.
    ///
    /// - Parameters:
    ///   - paths: files, or folders with all that is in them; none: everything, the manifest and its signature included.
    ///   - overwrites: whether files that lie there are replaced.
    /// - Returns: what was written, in order.
    /// - Throws: `BundleError`; what was written before the fault stays.
    @discardableResult
    package func extract(
        to folder: String, paths: [String] = [], overwrites: Bool = false,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> [String] {
        let (file, head) = try open()
        func isWanted(_ path: String) -> Bool {
            paths.isEmpty
                || paths.contains { name in
                    let bare = name.hasSuffix("/") ? String(name.dropLast()) : name
                    return path == bare || path.hasPrefix(bare + "/")
                }
        }
        let texts = [(BundleManifest.entryName, head.text), (BundleHead.signatureName, head.signature)]
            .filter { isWanted($0.0) && !$0.1.isEmpty }
        let frames = head.frames.filter { isWanted($0.file.path) }
        for name in paths {
            let bare = name.hasSuffix("/") ? String(name.dropLast()) : name
            let all = texts.map(\.0) + frames.map(\.file.path)
            guard all.contains(where: { $0 == bare || $0.hasPrefix(bare + "/") }) else {
                throw BundleError("\(path): \(name)", "the bundle has no such file", "see `hakube bundle inspect`")
            }
        }
        let target = try TargetFolder(folder)
        for (name, text) in texts {
            try target.write(name, mode: 0o644, overwrites: overwrites) { write in try text.withUnsafeBytes(write) }
        }
        let total = frames.reduce(0) { $0 + $1.file.size }
        var done = 0
        for frame in frames {
            try target.write(frame.file.path, mode: frame.file.mode, overwrites: overwrites) { write in
                try frame.entry(of: file).read { bytes in
                    try write(bytes)
                    done += bytes.count
                    progress(done, total)
                    try Task.checkCancellation()
                }
            }
        }
        return texts.map(\.0) + frames.map(\.file.path)
    }
}
