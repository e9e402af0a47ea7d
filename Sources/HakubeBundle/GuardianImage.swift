// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CLibArchive
import FoundationEssentials
import Glibc
package import HakubeModel

/// hakube-guardian's image: one layer with the one static program. Same program, same bytes: everything in it is owned by
/// root and dated 1970.
package struct GuardianImage {
    /// No registry has it; every host that runs it gets it with the bundle.
    package static let repository = "hakube.local/guardian"
    package static let program = "hakube-guardian"
    private static let epoch = "1970-01-01T00:00:00Z"

    package struct Blob {
        package let bytes: [UInt8]
        package let descriptor: ImageDescriptor

        init(_ bytes: [UInt8], mediaType: String) {
            self.bytes = bytes
            descriptor = ImageDescriptor(mediaType: mediaType, digest: ImageDigest.of(bytes), size: bytes.count)
        }
    }

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

    package let name: String
    /// Layer, configuration and manifest; the last is what the name stands for.
    package let blobs: [Blob]
    package let manifest: ImageDescriptor

    /// - Parameter version: hakube's own, for the tag.
    /// - Throws: `BundleError` if the program cannot be read.
    package init(of file: String, for arch: Architecture, version: String) throws {
        var content: [UInt8] = []
        try FileBytes.read(file) { content += $0 }
        let layer = Blob(try Self.tar(content), mediaType: ImageMediaType.layer)
        let configuration = Configuration(
            architecture: arch.rawValue, os: "linux", created: Self.epoch,
            config: Configuration.Run(
                Entrypoint: ["/\(Self.program)"],
                Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], WorkingDir: "/"),
            rootfs: Configuration.Root(type: "layers", diff_ids: [layer.descriptor.digest]),
            history: [Configuration.Step(created: Self.epoch, created_by: "hakube")])
        let config = Blob(try ImageDocument.bytes(configuration), mediaType: ImageMediaType.config)
        let document = ImageDocument(
            mediaType: ImageMediaType.manifest, config: config.descriptor, layers: [layer.descriptor])
        let manifest = Blob(try ImageDocument.bytes(document), mediaType: ImageMediaType.manifest)
        name = "\(Self.repository):v\(version)"
        blobs = [layer, config, manifest]
        self.manifest = manifest.descriptor
    }

    private static func tar(_ content: [UInt8]) throws -> [UInt8] {
        let size = content.count
        // Header, content up to the next block, two empty blocks, and room to spare.
        var archive = [UInt8](repeating: 0, count: size + 8 * 512)
        guard let handle = archive_write_new() else { throw fault(ENOMEM) }
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
        guard isWritten else { throw fault(EIO) }
        return Array(archive.prefix(used))
    }

    private static func fault(_ code: Int32) -> BundleError {
        .system("put into a layer", program, code: code, remedy: "make room, then run the same command again")
    }
}

extension ImageDocument {
    /// Same value, same bytes.
    package static func bytes(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(value))
    }
}
