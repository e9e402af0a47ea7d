// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Takes the tar entries of a frame apart, byte for byte; nothing is skipped unseen.
struct TarInput {
    /// What is wrong with the content of a frame whose stored bytes may be as they were packed all the same.
    struct Fault: Error {
        let message: String

        init(_ message: String) { self.message = message }
    }

    private let input: FrameInput
    /// What is left of the input's current block.
    private var rest = UnsafeRawBufferPointer(start: nil, count: 0)

    init(_ input: FrameInput) { self.input = input }

    /// The next entry's header.
    /// - Throws: `Fault` where the content is no tar, what `FrameInput.next` throws.
    mutating func header() throws -> (header: TarHeader, block: [UInt8]) {
        let block = try bytes(TarHeader.byteCount)
        guard let header = TarHeader(block: block) else { throw Fault("the tar header is damaged") }
        return (header, block)
    }

    /// Hands out `size` bytes of an entry's content and steps over the padding behind them.
    mutating func content(_ size: Int, _ consume: (UnsafeRawBufferPointer) throws -> Void) throws {
        var left = size
        while left > 0 {
            let bytes = try take(atMost: left)
            left -= bytes.count
            try consume(bytes)
        }
        guard try bytes(TarHeader.padding(after: size)).allSatisfy({ $0 == 0 }) else {
            throw Fault("the padding after the content is not empty")
        }
    }

    /// To be called behind the last entry: there must be nothing more.
    mutating func finish() throws {
        // Empty blocks may come out of a frame that holds nothing, and only a byte is a fault.
        while rest.isEmpty, let bytes = try input.next() { rest = bytes }
        guard rest.isEmpty else { throw Fault("more bytes follow in its frame than its size tells") }
    }

    /// Exactly `count` bytes, for what is small.
    mutating func bytes(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(count, 1 << 20))
        while bytes.count < count { bytes.append(contentsOf: try take(atMost: count - bytes.count)) }
        return bytes
    }

    private mutating func take(atMost count: Int) throws -> UnsafeRawBufferPointer {
        while rest.isEmpty {
            guard let bytes = try input.next() else { throw Fault("its frame ends early") }
            rest = bytes
        }
        let taken = UnsafeRawBufferPointer(rebasing: rest.prefix(count))
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(taken.count))
        return taken
    }
}
