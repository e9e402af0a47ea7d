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

    private static func check(_ scan: FolderScan, meter: inout Meter) throws -> BundleManifest {
        let folder = scan.folder
        var faults = scan.faults
        var contents: [String: Content] = [:]
        for file in scan.files {
            do { contents[file.path] = try content(file.path, in: folder, meter: &meter) } catch let error
                as BundleError
            {
                faults.add(error)
            }
        }
        guard let yaml = try FileBytes.text("\(folder)/\(BundleDescription.fileName)") else {
            faults.add(
                BundleDescription.fileName, "the file is missing", "write it with the keys kubernetes, arch and roles")
            throw BundleError(problems: faults.problems)
        }
        let description = BundleDescription(yaml: yaml, subject: folder)
        faults.add(BundleError(problems: description.faults.problems))
        // Without a valid one, programs are still held against each other's commonest case.
        let arch = description.arch ?? .amd64
        ProgramRules.check(contents, arch: arch, faults: &faults)
        let layout = ImageLayout(contents: contents, arch: arch, subject: folder)
        faults.add(BundleError(problems: layout.faults.problems))
        PodManifests.check(contents, images: Set(layout.images.map(\.name)), faults: &faults)
        checkRules(description.rules, files: scan.files, images: layout.images, faults: &faults)
        try faults.throwIfAny()
        return assemble(description, files: scan.files, contents: contents, images: layout.images)
    }

    private static func content(_ path: String, in folder: String, meter: inout Meter) throws -> Content {
        var scan = ContentScan(path: path)
        try FileBytes.read("\(folder)/\(path)") { bytes in
            scan.update(bytes)
            try meter.advance(bytes.count)
        }
        return scan.finish()
    }

    /// A rule that fits nothing is a slip of the pen, and would send a file to hosts that shall not have it.
    private static func checkRules(
        _ rules: [RoleRule], files: [FolderScan.File], images: [BundleManifest.Image], faults: inout FaultList
    ) {
        let subjects =
            files.map(\.path).filter { !$0.hasPrefix(ImageLayout.folder) } + images.map { ImageLayout.folder + $0.name }
        for rule in rules where !subjects.contains(where: { rule.closeness(to: $0) != nil }) {
            faults.add(
                BundleDescription.fileName + (rule.line.map { ":\($0)" } ?? ""),
                "`\(rule.pattern)` fits no file and no image",
                "write a path below bin/, cni/ or manifests/, or images/ and an image's name")
        }
    }

    private static func assemble(
        _ description: BundleDescription, files: [FolderScan.File], contents: [String: Content],
        images: [BundleManifest.Image]
    ) -> BundleManifest {
        let images = images.map {
            BundleManifest.Image(
                name: $0.name, mediaType: $0.mediaType, digest: $0.digest, size: $0.size, blobs: $0.blobs,
                roles: description.rules.roles(for: ImageLayout.folder + $0.name))
        }
        let listed = files.compactMap { file in
            contents[file.path].map { content in
                BundleManifest.File(
                    path: file.path, mode: ProgramRules.isProgram(file.path) ? 0o755 : 0o644, size: content.size,
                    sha256: content.sha256,
                    roles: file.path.hasPrefix(ImageLayout.blobs)
                        ? roles(ofBlob: content.sha256, images: images)
                        : file.path.hasPrefix(ImageLayout.folder)
                            ? Role.allCases.map(\.rawValue) : description.rules.roles(for: file.path))
            }
        }
        return BundleManifest(
            kubernetes: description.kubernetes?.description ?? "", arch: description.arch ?? .amd64, files: listed,
            images: images)
    }

    /// Whoever gets one of the images that share a blob gets the blob.
    private static func roles(ofBlob sha256: String, images: [BundleManifest.Image]) -> [String] {
        let users = images.filter { $0.blobs.contains(Digest.prefix + sha256) }
        return Role.allCases.map(\.rawValue).filter { role in users.contains { $0.roles.contains(role) } }
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
            guard left == 0, SHA256.hex(digest.finalize()) == file.sha256 else { throw changed(file, in: folder) }
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

/// Counts bytes and lets a cancelled task go.
struct Meter {
    let total: Int
    let report: (_ done: Int, _ total: Int) -> Void
    private var done = 0

    init(total: Int, report: @escaping (_ done: Int, _ total: Int) -> Void) {
        self.total = total
        self.report = report
    }

    mutating func advance(_ count: Int) throws {
        try advance(to: done + count)
    }

    mutating func advance(to count: Int) throws {
        done = count
        report(done, total)
        try Task.checkCancellation()
    }
}
