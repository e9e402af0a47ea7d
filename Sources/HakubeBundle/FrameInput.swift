// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CLibArchive
import Crypto
import Glibc

/// The content of one frame, or of a row of frames: a range of a bundle file, decompressed as far as it is asked for.
///
/// libarchive decompresses and nothing more; its tar reader forgives more than a bundle may be forgiven. Holds one block
/// of the file and one of its content in memory, however large the frame pretends to be.
final class FrameInput {
    /// The stored bytes are not a frame; what libarchive says about it.
    struct Damage: Error { let reason: String }

    private static let block = 1 << 18

    private let file: BundleFile
    private let range: Range<Int>
    private let handle: OpaquePointer?
    private let buffer: UnsafeMutableRawBufferPointer
    private let meter: SharedMeter?
    private var digest: SHA256?
    private var position: Int
    private var failure: BundleError?

    /// - Parameters:
    ///   - isSummed: whether `storedDigest` will be asked for.
    ///   - meter: told of every stored byte that is read.
    init(_ file: BundleFile, _ range: Range<Int>, isSummed: Bool = false, meter: SharedMeter? = nil, block: Int = block)
        throws
    {
        self.file = file
        self.range = range
        self.meter = meter
        digest = isSummed ? SHA256() : nil
        position = range.lowerBound
        buffer = .allocate(byteCount: max(1, min(block, range.count)), alignment: 64)
        handle = file.compression == .none ? nil : archive_read_new()
        guard let handle else { return }
        let code: Int32
        switch file.compression {
        case .zstd:
            archive_read_support_filter_zstd(handle)
            code = ARCHIVE_FILTER_ZSTD
        case .gzip, .none:
            archive_read_support_filter_gzip(handle)
            code = ARCHIVE_FILTER_GZIP
        }
        archive_read_support_format_raw(handle)
        let opened = archive_read_open2(
            handle, Unmanaged.passUnretained(self).toOpaque(), nil,
            { _, client, bytes in
                guard let client else { return -1 }
                let block = Unmanaged<FrameInput>.fromOpaque(client).takeUnretainedValue().stored()
                bytes?.pointee = UnsafeRawPointer(block?.baseAddress)
                return block?.count ?? -1
            }, nil, nil)
        var entry: OpaquePointer?
        guard opened == ARCHIVE_OK, archive_read_next_header(handle, &entry) == ARCHIVE_OK else { throw fault() }
        // A frame inside a frame, or none: libarchive tries its filters again on what comes out of one.
        guard archive_filter_count(handle) == 2, archive_filter_code(handle, 0) == code else {
            throw Damage(reason: "it is not compressed as the rest of the file is")
        }
    }

    deinit {
        if let handle { archive_read_free(handle) }
        buffer.deallocate()
    }

    /// The next bytes of content, `nil` at the end. They stand until the next call.
    /// - Throws: `Damage`; `BundleError` when the file cannot be read; `CancellationError`.
    func next() throws -> UnsafeRawBufferPointer? {
        try meter?.check()
        guard let handle else {
            guard let bytes = stored() else { throw fault() }
            return bytes.isEmpty ? nil : UnsafeRawBufferPointer(bytes)
        }
        while true {
            var bytes: UnsafeRawPointer?
            var count = 0
            var offset: la_int64_t = 0
            switch archive_read_data_block(handle, &bytes, &count, &offset) {
            case ARCHIVE_OK where count > 0: return UnsafeRawBufferPointer(start: bytes, count: count)
            case ARCHIVE_OK: continue
            case ARCHIVE_EOF:
                let used = Int(archive_filter_bytes(handle, -1))
                guard used == range.count else { throw Damage(reason: "\(range.count - used) bytes follow its end") }
                return nil
            default: throw fault()
            }
        }
    }

    /// The digest of all stored bytes, those included that nobody asked for.
    func storedDigest() throws -> String {
        while let rest = stored(), !rest.isEmpty { try meter?.check() }
        if let failure { throw failure }
        return Digest.hex((digest ?? SHA256()).finalize())
    }

    /// The next stored bytes, empty at the end of the range, `nil` on failure.
    private func stored() -> UnsafeMutableRawBufferPointer? {
        let wanted = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(range.upperBound - position))
        guard !wanted.isEmpty else { return wanted }
        do {
            let count = try file.read(at: position, into: wanted)
            let bytes = UnsafeMutableRawBufferPointer(rebasing: wanted.prefix(count))
            position += count
            digest?.update(bufferPointer: UnsafeRawBufferPointer(bytes))
            meter?.add(count)
            return bytes
        } catch {
            failure = error
            return nil
        }
    }

    private func fault() -> any Error {
        if let failure { return failure }
        let reason = handle.flatMap(archive_error_string).map { String(cString: $0) }
        return Damage(reason: reason ?? "unknown error")
    }
}
