// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCourier

/// One item on its way from wire form to content. Fed with the wire's bytes in order, it gives out the content and its
/// digest, and never more content than was announced.
package final class Unpacking {
    private let form: WireForm
    private let size: UInt64
    private var hasher = Hasher256()
    /// Bytes that came out of the frame, or came in raw.
    private var produced: UInt64 = 0
    private var isEnded = false
    private var stream: OpaquePointer?
    private var output: UnsafeMutableRawBufferPointer?

    /// A ustar entry's header, and what its content is padded to.
    private static let block: UInt64 = 512
    /// zstd's own limit for a decoder that was not told otherwise: 128 MiB of window.
    private static let windowLog: Int32 = 27

    /// - Parameter size: of the content.
    package init(_ form: WireForm, size: UInt64) {
        self.form = form
        self.size = size
        guard form == .zstd, let stream = ZSTD_createDCtx() else { return }
        _ = ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, Self.windowLog)
        self.stream = stream
        output = .allocate(byteCount: ZSTD_DStreamOutSize(), alignment: 64)
    }

    deinit {
        if let stream { ZSTD_freeDCtx(stream) }
        output?.deallocate()
    }

    /// - Parameter sink: gets the content in order.
    /// - Returns: false when this can never become the announced content.
    package func feed(
        _ bytes: UnsafeRawBufferPointer, to sink: (UnsafeRawBufferPointer) throws(Fault) -> Void
    ) throws(Fault) -> Bool {
        if form == .raw {
            produced += UInt64(bytes.count)
            guard produced <= size else { return false }
            hasher.add(bytes)
            try sink(bytes)
            return true
        }
        guard let stream, let output else { throw .memory }
        var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        var isFull = false
        while input.pos < input.size || isFull {
            guard !isEnded else { return false }
            var room = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
            let result = ZSTD_decompressStream(stream, &room, &input)
            // A host without memory must not look like a liar's victim.
            if ZSTD_isError(result) != 0, courier_is_out_of_memory(result) != 0 { throw .memory }
            guard ZSTD_isError(result) == 0 else { return false }
            isEnded = result == 0
            isFull = room.pos == room.size
            let content = contentPart(of: room.pos)
            produced += UInt64(room.pos)
            guard produced <= Self.unpacked(size) else { return false }
            if !content.isEmpty {
                let piece = UnsafeRawBufferPointer(rebasing: output[content])
                hasher.add(piece)
                try sink(piece)
            }
            if isEnded && input.pos == input.size { break }
        }
        return true
    }

    /// - Returns: the digest of the content; `nil` when the wire form was cut short.
    package func end() -> Digest? {
        switch form {
        case .raw: produced == size ? hasher.digest() : nil
        case .zstd: isEnded && produced == Self.unpacked(size) ? hasher.digest() : nil
        }
    }

    /// What a frame of a content of this size unpacks to.
    private static func unpacked(_ size: UInt64) -> UInt64 { block + (size + block - 1) / block * block }

    /// Which of the next bytes out of the frame are content, neither header nor padding.
    private func contentPart(of count: Int) -> Range<Int> {
        let start = min(max(Self.block, produced), produced + UInt64(count))
        let end = max(start, min(Self.block + size, produced + UInt64(count)))
        return Int(start - produced)..<Int(end - produced)
    }
}
