// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto
import FoundationEssentials
package import HakubeModel

/// Makes a bundle file from a folder. Same folder, same bytes.
package enum BundlePacker {
    /// Checks everything first, then writes OUTPUT.part and renames it.
    ///
    /// - Parameters:
    ///   - compression: `nil`: by the ending of `output`.
    ///   - progress: called with bytes done and in all; every byte counts twice, once checked and once written.
    /// - Throws: `BundleError` with all faults at once; `CancellationError` when the task is cancelled.
    package static func pack(
        folder: String, to output: String, compression: BundleCompression? = nil,
        progress: @escaping (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> BundleManifest {
        guard let compression = compression ?? BundleCompression(fileName: output) else {
            throw BundleError(output, "the ending says no compression", "end the name in .tar.zst, .tar.gz or .tar")
        }
        let scan = FolderScan(folder: folder)
        var meter = Meter(total: 2 * scan.files.reduce(0) { $0 + $1.size }, report: progress)
        let manifest = try check(scan, meter: &meter)
        try write(manifest, from: folder, to: ArchiveOutput(path: output, compression: compression), meter: &meter)
        return manifest
    }

    /// The manifest as it stands in the archive.
    static func encoded(_ manifest: BundleManifest) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(manifest)) + [UInt8(ascii: "\n")]
    }

    private static func write(
        _ manifest: BundleManifest, from folder: String, to output: ArchiveOutput, meter: inout Meter
    ) throws {
        let text = try encoded(manifest)
        try output.write(TarHeader(path: BundleManifest.entryName, mode: 0o644, size: text.count).block)
        try output.write(text)
        try output.write([UInt8](repeating: 0, count: TarHeader.padding(after: text.count)))
        for file in manifest.files {
            try output.write(TarHeader(path: file.path, mode: file.mode, size: file.size).block)
            var digest = SHA256()
            var left = file.size
            try FileBytes.read("\(folder)/\(file.path)") { bytes in
                left -= bytes.count
                guard left >= 0 else { throw changed(file, in: folder) }
                digest.update(bufferPointer: bytes)
                try output.write(bytes)
                try meter.advance(bytes.count)
            }
            guard left == 0, Digest.hex(digest.finalize()) == file.sha256 else { throw changed(file, in: folder) }
            try output.write([UInt8](repeating: 0, count: TarHeader.padding(after: file.size)))
        }
        try output.write(TarHeader.trailer)
        try output.finish()
    }

    private static func changed(_ file: BundleManifest.File, in folder: String) -> BundleError {
        BundleError(
            "\(folder): \(file.path)", "the file changed while it was packed", "pack again when the folder is at rest")
    }
}
