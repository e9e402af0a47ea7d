// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
package import HakubeModel
import Synchronization

/// Makes a bundle file from a folder. Same folder, same bytes.
package enum BundlePacker {
    /// Checks everything first, then compresses file by file, writes OUTPUT.part and renames it.
    ///
    /// - Parameters:
    ///   - compression: `nil`: by the ending of `output`.
    ///   - key: signs the bundle.
    ///   - progress: called with bytes done and in all; every byte counts twice, once checked and once written.
    /// - Throws: `BundleError` with all faults at once; `CancellationError` when the task is cancelled.
    package static func pack(
        folder: String, to output: String, compression: BundleCompression? = nil, key: SigningKey? = nil,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> BundleManifest {
        guard let compression = compression ?? BundleCompression(fileName: output) else {
            throw BundleError(output, "the ending says no compression", "end the name in .tar.zst, .tar.gz or .tar")
        }
        let scan = try FolderScan(folder: folder)
        let total = 2 * scan.files.reduce(0) { $0 + $1.size }
        let meter = SharedMeter()
        let checked = try check(scan, meter: meter) { progress($0, total) }
        let around = output.lastIndex(of: "/").map { String(output[...$0]) } ?? "."
        // Spool and file lie there together for a while. How far the rest shrinks is not known yet.
        let packed = checked.files.filter { $0.effort == .little }.reduce(0) { $0 + $1.size }
        try DiskSpace.require(2 * packed, in: around)
        let frames = try compress(checked, in: scan, beside: output, compression, meter) { progress($0, total) }
        let manifest = checked.manifest(frames.map { ($0.range.count, $0.sha256) })
        let text = try encoded(manifest)
        let signature = try key.map { try $0.signature(of: text) } ?? []
        let head = try BundleHead.stored(text: text, signature: signature, compression)
        try DiskSpace.require(frames.reduce(head.count) { $0 + $1.range.count }, in: around)
        let file = try PartFile(path: output)
        try file.write(head)
        for frame in frames { try frame.spool.copy(frame.range, to: file) }
        try file.write(Seal.end(head: head, compression))
        try Task.checkCancellation()
        try file.finish()
        return manifest
    }

    /// The manifest as it stands in the archive.
    static func encoded(_ manifest: BundleManifest) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(manifest)) + [UInt8(ascii: "\n")]
    }

    /// Every file as a frame, side by side, in the order of the manifest.
    private static func compress(
        _ checked: CheckedFolder, in scan: FolderScan, beside output: String, _ compression: BundleCompression,
        _ meter: SharedMeter, progress: (_ done: Int) -> Void
    ) throws -> [SpooledFrame] {
        let folder = output.lastIndex(of: "/").map { String(output[...$0]) } ?? "."
        let files = checked.files
        let spools = Mutex<[Int: Spool]>([:])
        let frames = Mutex([SpooledFrame?](repeating: nil, count: files.count))
        let order = files.indices.sorted { files[$0].size > files[$1].size }
        try SideBySide.run(order, meter: meter, watch: progress) { thread, number in
            let file = files[number]
            // A thread's own, so that frames of several files can grow at once.
            let spool = try spools.withLock { spools in
                if let spool = spools[thread] { return spool }
                let spool = try Spool(in: folder)
                spools[thread] = spool
                return spool
            }
            let frame = try spool.append(compression, effort: file.effort) { frame in
                try frame.write(TarHeader(path: file.path, mode: file.mode, size: file.size).block)
                var scan = ContentScan(path: file.path)
                var left = file.size
                try FileBytes.read(file.source) { bytes in
                    left -= bytes.count
                    guard left >= 0 else { throw changed(file.source) }
                    scan.update(bytes)
                    try frame.write(bytes)
                    meter.add(bytes.count)
                    try meter.check()
                }
                guard left == 0, scan.finish().sha256 == file.sha256 else { throw changed(file.source) }
                try frame.write([UInt8](repeating: 0, count: TarHeader.padding(after: file.size)))
            }
            frames.withLock { $0[number] = frame }
        }
        return frames.withLock { $0.compactMap { $0 } }
    }

    private static func changed(_ path: String) -> BundleError {
        BundleError(path, "the file changed while it was packed", "pack again when the folder is at rest")
    }
}
