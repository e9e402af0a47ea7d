// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CLibArchive
import Glibc
import HakubeBundle
import HakubeModel

/// hakube-guardian's image: one layer with the one static program, the same bytes for the same program.
struct GuardianImage {
    static let program = "hakube-guardian"
    /// No registry has it.
    static let repository = "hakube.local/guardian"
    private static let epoch = "1970-01-01T00:00:00Z"

    let program: String
    let arch: Architecture

    private struct Configuration: Encodable {
        struct Run: Encodable { let Entrypoint: [String] }
        struct Root: Encodable {
            let type: String
            let diff_ids: [String]
        }

        let architecture: String
        let os: String
        let created: String
        let config: Run
        let rootfs: Root
    }

    /// - Returns: the image's name.
    /// - Throws: `BundleError` if it is no program for this architecture.
    func add(to store: ImageStore, from source: String) throws -> String {
        guard Program.architecture(ImportFile.head(program)) == arch else {
            throw BundleError(
                program, "it is no hakube-guardian for \(arch.rawValue)", "name one for the hosts with --guardian FILE")
        }
        var content: [UInt8] = []
        try ImportFile.read(program) { content += $0 }
        let layer = try store.add(try layer(content), mediaType: ImageDocument.layerType)
        let configuration = Configuration(
            architecture: arch.rawValue, os: "linux", created: Self.epoch,
            config: Configuration.Run(Entrypoint: ["/\(Self.program)"]),
            rootfs: Configuration.Root(type: "layers", diff_ids: [layer.digest]))
        let config = try store.add(try ImageDocument.bytes(configuration), mediaType: ImageDocument.configType)
        let document = ImageDocument(mediaType: ImageDocument.manifestType, config: config, layers: [layer])
        let manifest = try store.add(try ImageDocument.bytes(document), mediaType: ImageDocument.manifestType)
        guard let name = ImageName("\(Self.repository):v\(HakubeVersion.current)") else {
            throw BundleError(program, "hakube's own version is no tag of an image", "report it")
        }
        try store.add(name, manifest, arch: arch, from: source)
        return name.text
    }

    private func layer(_ content: [UInt8]) throws -> [UInt8] {
        // Header, content up to the next block, two empty blocks.
        var archive = [UInt8](repeating: 0, count: content.count + 4 * 512)
        guard let handle = archive_write_new(), let entry = archive_entry_new() else {
            throw ImportFile.fault("read", program, code: ENOMEM)
        }
        defer {
            archive_entry_free(entry)
            archive_write_free(handle)
        }
        archive_write_set_format_ustar(handle)
        archive_write_set_bytes_per_block(handle, 512)
        archive_write_set_bytes_in_last_block(handle, 1)
        archive_entry_set_pathname(entry, Self.program)
        archive_entry_set_filetype(entry, UInt32(Glibc.S_IFREG))
        archive_entry_set_perm(entry, 0o755)
        archive_entry_set_size(entry, la_int64_t(content.count))
        archive_entry_set_mtime(entry, 0, 0)
        var used = 0
        let isWhole = archive.withUnsafeMutableBytes { room in
            archive_write_open_memory(handle, room.baseAddress, room.count, &used) == ARCHIVE_OK
                && archive_write_header(handle, entry) == ARCHIVE_OK
                && content.withUnsafeBytes { archive_write_data(handle, $0.baseAddress, $0.count) } == content.count
                && archive_write_close(handle) == ARCHIVE_OK
        }
        guard isWhole else { throw ImportFile.fault("put into a layer", program, code: EIO) }
        return Array(archive.prefix(used))
    }
}
