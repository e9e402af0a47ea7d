// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CLibArchive
import Glibc

/// One frame being compressed: content in, stored bytes out to a sink.
///
/// Each file of a bundle is a frame of its own, so that any of them can be read, skipped or sent without the others; the
/// frames in a row are what zstd and gzip take for one file.
final class FrameOutput {
    /// How much work compressing shall cost.
    enum Effort {
        case usual, little

        /// Little for what has been compressed already, as layers of images mostly are, and for what is small: preparing
        /// the tables of a high level takes longer then than the content is worth.
        init(size: Int, head: [UInt8] = []) {
            let magics: [[UInt8]] = [[0x1f, 0x8b], [0x28, 0xb5, 0x2f, 0xfd], [0xfd, 0x37, 0x7a, 0x58, 0x5a]]
            self = size < 1 << 17 || magics.contains { head.starts(with: $0) } ? .little : .usual
        }
    }

    private let compression: BundleCompression
    private let sink: (UnsafeRawBufferPointer) -> Bool
    private let handle: OpaquePointer?

    /// - Parameter sink: takes stored bytes; false if it cannot.
    init(
        _ compression: BundleCompression, effort: Effort = .usual, sink: @escaping (UnsafeRawBufferPointer) -> Bool
    ) throws(BundleError) {
        self.compression = compression
        self.sink = sink
        handle = compression == .none ? nil : archive_write_new()
        guard let handle else { return }
        archive_write_set_format_raw(handle)
        archive_write_set_bytes_per_block(handle, 1 << 17)
        archive_write_set_bytes_in_last_block(handle, 1)
        switch compression {
        case .zstd:
            archive_write_add_filter_zstd(handle)
            archive_write_set_filter_option(handle, "zstd", "compression-level", effort == .usual ? "9" : "1")
        case .gzip, .none:
            archive_write_add_filter_gzip(handle)
            archive_write_set_filter_option(handle, "gzip", "compression-level", effort == .usual ? "6" : "1")
            // The time of day in gzip's header would make every file differ.
            archive_write_set_filter_option(handle, "gzip", "timestamp", nil)
        }
        let entry = archive_entry_new()
        defer { archive_entry_free(entry) }
        archive_entry_set_pathname(entry, "data")
        archive_entry_set_filetype(entry, UInt32(Glibc.S_IFREG))
        let opened = archive_write_open(
            handle, Unmanaged.passUnretained(self).toOpaque(), nil,
            { _, client, bytes, count in
                guard let client else { return -1 }
                let block = UnsafeRawBufferPointer(start: bytes, count: count)
                return Unmanaged<FrameOutput>.fromOpaque(client).takeUnretainedValue().sink(block) ? count : -1
            }, nil)
        guard opened == ARCHIVE_OK, archive_write_header(handle, entry) == ARCHIVE_OK else { throw fault() }
    }

    deinit { if let handle { archive_write_free(handle) } }

    func write(_ bytes: UnsafeRawBufferPointer) throws(BundleError) {
        guard let handle else {
            guard sink(bytes) else { throw fault() }
            return
        }
        var rest = bytes
        while !rest.isEmpty {
            let count = archive_write_data(handle, rest.baseAddress, rest.count)
            guard count > 0 else { throw fault() }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
    }

    func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try write($0) }
    }

    /// To be called at the end; the frame is whole then.
    func finish() throws(BundleError) {
        guard let handle else { return }
        guard archive_write_close(handle) == ARCHIVE_OK else { throw fault() }
    }

    /// A whole frame at once.
    static func bytes(_ content: [UInt8], _ compression: BundleCompression) throws -> [UInt8] {
        var stored: [UInt8] = []
        let output = try FrameOutput(compression, effort: FrameOutput.Effort(size: content.count)) {
            stored += $0
            return true
        }
        try output.write(content)
        try output.finish()
        return stored
    }

    private func fault() -> BundleError {
        let reason = handle.flatMap(archive_error_string).map { String(cString: $0) } ?? "the bytes cannot be written"
        return BundleError(
            "the bundle", "cannot be compressed: \(reason)",
            "check that there is space, and that libarchive was built with this compression")
    }
}
