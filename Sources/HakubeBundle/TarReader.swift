// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Walks the entries of a bundle's tar stream, byte for byte; nothing is skipped unseen.
final class TarReader {
    private let input: ArchiveInput
    /// What is left of the input's current block.
    private var rest = UnsafeRawBufferPointer(start: nil, count: 0)
    private var position = 0

    init(_ input: ArchiveInput) { self.input = input }

    /// The next entry's header, `nil` at the end of the archive.
    /// - Throws: `BundleError` where the stream is no tar any more.
    func header() throws(BundleError) -> (header: TarHeader, block: [UInt8])? {
        let start = position
        let block = try block()
        guard let header = TarHeader(block: block) else {
            if block.allSatisfy({ $0 == 0 }) { return nil }
            if start == 0 {
                throw BundleError(
                    input.path, "is not a bundle: it is neither a tar archive nor one compressed by zstd or gzip",
                    "name a file made by `hakube bundle pack`")
            }
            throw damage("the tar header at byte \(start) of its content is damaged")
        }
        return (header, block)
    }

    /// Hands out an entry's content and steps over the padding behind it.
    func content(of header: TarHeader, _ consume: (UnsafeRawBufferPointer) throws -> Void) throws {
        var left = header.size
        while left > 0 {
            let bytes = try take(atMost: left)
            left -= bytes.count
            try consume(bytes)
        }
        var padding = TarHeader.padding(after: header.size)
        while padding > 0 {
            let bytes = try take(atMost: padding)
            padding -= bytes.count
            guard bytes.allSatisfy({ $0 == 0 }) else { throw damage("the padding after \(header.path) is not empty") }
        }
    }

    /// To be called after the last header: the second empty block, nothing behind it, and the file's seal.
    func finish() throws(BundleError) {
        guard try block().allSatisfy({ $0 == 0 }) else { throw damage("the end of the archive is damaged") }
        var extra = rest.count
        while let bytes = try input.next() { extra += bytes.count }
        guard extra == 0 else { throw damage("\(extra) bytes follow the end of the archive") }
        try input.checkSeal()
    }

    private func block() throws(BundleError) -> [UInt8] {
        var block: [UInt8] = []
        block.reserveCapacity(TarHeader.byteCount)
        while block.count < TarHeader.byteCount {
            block.append(contentsOf: try take(atMost: TarHeader.byteCount - block.count))
        }
        return block
    }

    private func take(atMost count: Int) throws(BundleError) -> UnsafeRawBufferPointer {
        if rest.isEmpty {
            guard let bytes = try input.next() else {
                throw position == 0
                    ? BundleError(input.path, "is not a bundle: it holds nothing", Remedy.again)
                    : damage("the archive ends early, at byte \(position) of its content")
            }
            rest = bytes
        }
        let taken = UnsafeRawBufferPointer(rebasing: rest.prefix(count))
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(taken.count))
        position += taken.count
        return taken
    }

    private func damage(_ message: String) -> BundleError { BundleError(input.path, message, Remedy.again) }
}
