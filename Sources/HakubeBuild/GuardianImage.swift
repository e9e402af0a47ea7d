// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CLibArchive
import FoundationEssentials
import Glibc
import HakubeBundle
import HakubeModel

/// hakube-guardian's image: one layer with the one static program. Same program, same bytes: everything in it is owned by
/// root and dated 1970.
enum GuardianImage {
    /// No registry has it; every host that runs it gets it with the bundle.
    static let repository = "hakube.local/guardian"
    static let program = "hakube-guardian"
    private static let epoch = "1970-01-01T00:00:00Z"

    private struct Configuration: Encodable {
        struct Run: Encodable {
            let Entrypoint: [String]
            let Env: [String]
            let WorkingDir: String
        }

        struct Root: Encodable {
            let type: String
            let diff_ids: [String]
        }

        struct Step: Encodable {
            let created: String
            let created_by: String
        }

        let architecture: String
        let os: String
        let created: String
        let config: Run
        let rootfs: Root
        let history: [Step]
    }

    /// - Throws: `BundleError` if the program cannot be read or the shelf not be written.
    static func make(of file: String, for arch: Architecture, version: String, on shelf: ImageShelf) throws
        -> LayoutImage
    {
        var content: [UInt8] = []
        try LocalFile.read(file) { content += $0 }
        let layer = try shelf.add(try tar(content), mediaType: ImageDocument.layerType)
        let configuration = Configuration(
            architecture: arch.rawValue, os: "linux", created: epoch,
            config: Configuration.Run(
                Entrypoint: ["/\(program)"],
                Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], WorkingDir: "/"),
            rootfs: Configuration.Root(type: "layers", diff_ids: [layer.digest]),
            history: [Configuration.Step(created: epoch, created_by: "hakube bundle build")])
        let config = try shelf.add(try ImageDocument.bytes(configuration), mediaType: ImageDocument.configType)
        let manifest = ImageDocument(mediaType: ImageDocument.manifestType, config: config, layers: [layer])
        let descriptor = try shelf.add(try ImageDocument.bytes(manifest), mediaType: ImageDocument.manifestType)
        return LayoutImage(
            name: "\(repository):v\(version)", arch: arch, mediaType: ImageDocument.manifestType,
            digest: descriptor.digest, size: descriptor.size)
    }

    private static func tar(_ content: [UInt8]) throws -> [UInt8] {
        let size = content.count
        // Header, content up to the next block, two empty blocks, and room to spare.
        var archive = [UInt8](repeating: 0, count: size + 8 * 512)
        guard let handle = archive_write_new() else { throw LocalFile.fault("write", program) }
        defer { archive_write_free(handle) }
        archive_write_set_format_ustar(handle)
        archive_write_set_bytes_per_block(handle, 512)
        archive_write_set_bytes_in_last_block(handle, 1)
        let entry = archive_entry_new()
        defer { archive_entry_free(entry) }
        archive_entry_set_pathname(entry, program)
        archive_entry_set_filetype(entry, UInt32(Glibc.S_IFREG))
        archive_entry_set_perm(entry, 0o755)
        archive_entry_set_size(entry, la_int64_t(size))
        archive_entry_set_mtime(entry, 0, 0)
        var used = 0
        let isWritten = archive.withUnsafeMutableBytes { room in
            archive_write_open_memory(handle, room.baseAddress, room.count, &used) == ARCHIVE_OK
                && archive_write_header(handle, entry) == ARCHIVE_OK
                && content.withUnsafeBytes { archive_write_data(handle, $0.baseAddress, $0.count) } == size
                && archive_write_close(handle) == ARCHIVE_OK
        }
        guard isWritten else { throw LocalFile.fault("put into a layer", program) }
        return Array(archive.prefix(used))
    }
}
