// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCourier

/// libsodium's secretstream over a link's key: encrypted, authenticated, in order, nothing missing in between. What is cut
/// off at the end shows, since both sides know how much there is to come.
package enum SealedStream {
    static let headerSize = Int(crypto_secretstream_xchacha20poly1305_HEADERBYTES)
    /// What a chunk grows by.
    static let overhead = Int(crypto_secretstream_xchacha20poly1305_ABYTES)
    /// Of a chunk before sealing.
    static let longest = 64 << 10
    static let lengthSize = 4

    package enum Direction {
        case toParent, toChild

        var label: StaticString {
            switch self {
            case .toParent: "child"
            case .toChild: "parent"
            }
        }
    }

    /// Each direction has a key of its own, so that nothing can be sent back to who said it.
    static func key(_ link: Digest, _ direction: Direction) -> [UInt8] {
        var key = [UInt8](repeating: 0, count: Digest.size)
        let label = direction.label
        crypto_generichash(&key, key.count, label.utf8Start, UInt64(label.utf8CodeUnitCount), link.bytes, Digest.size)
        return key
    }
}

/// The sending half.
package final class Sealer {
    private var state = crypto_secretstream_xchacha20poly1305_state()
    /// Goes ahead of the first chunk, in the clear.
    package let header: [UInt8]

    package init(_ link: Digest, _ direction: SealedStream.Direction) {
        var header = [UInt8](repeating: 0, count: SealedStream.headerSize)
        var key = SealedStream.key(link, direction)
        crypto_secretstream_xchacha20poly1305_init_push(&state, &header, key)
        sodium_memzero(&key, key.count)
        self.header = header
    }

    /// Seals one chunk, its length before it.
    /// - Parameter context: what the other side has to know as well, for the chunk to open.
    /// - Returns: how many bytes were written to `room`.
    func seal(
        _ plain: UnsafeRawBufferPointer, context: [UInt8] = [], into room: UnsafeMutableRawBufferPointer
    ) -> Int {
        let size = plain.count + SealedStream.overhead
        room.storeBytes(of: UInt32(size).bigEndian, toByteOffset: 0, as: UInt32.self)
        let out = UnsafeMutableRawBufferPointer(rebasing: room[SealedStream.lengthSize...])
        crypto_secretstream_xchacha20poly1305_push(
            &state, out.bindMemory(to: UInt8.self).baseAddress, nil, plain.bindMemory(to: UInt8.self).baseAddress,
            UInt64(plain.count), context, UInt64(context.count), 0)
        return SealedStream.lengthSize + size
    }

    package func seal(_ plain: [UInt8], context: [UInt8] = []) -> [UInt8] {
        var room = [UInt8](repeating: 0, count: SealedStream.lengthSize + plain.count + SealedStream.overhead)
        room.withUnsafeMutableBytes { room in
            _ = plain.withUnsafeBytes { seal($0, context: context, into: room) }
        }
        return room
    }
}

/// The receiving half.
package final class Opener {
    private var state = crypto_secretstream_xchacha20poly1305_state()
    private let plain = UnsafeMutableRawBufferPointer.allocate(byteCount: SealedStream.longest, alignment: 64)

    package init(_ link: Digest, _ direction: SealedStream.Direction, header: [UInt8]) {
        var key = SealedStream.key(link, direction)
        crypto_secretstream_xchacha20poly1305_init_pull(&state, header, key)
        sodium_memzero(&key, key.count)
    }

    deinit { plain.deallocate() }

    /// - Parameter head: the 4 bytes before a chunk.
    /// - Returns: its size; `nil` for one that no courier sends.
    package static func size(_ head: UnsafeRawBufferPointer) -> Int? {
        let size = Int(BigEndian.uint32(head, at: 0))
        return (SealedStream.overhead...SealedStream.longest + SealedStream.overhead).contains(size) ? size : nil
    }

    /// - Returns: the chunk as it was before sealing, good until the next call; `nil` when the other side does not have
    ///   the key, or somebody changed, dropped or repeated something.
    package func open(_ sealed: UnsafeRawBufferPointer, context: [UInt8] = []) -> UnsafeRawBufferPointer? {
        guard let bytes = sealed.bindMemory(to: UInt8.self).baseAddress else { return nil }
        var count: UInt64 = 0
        let status = crypto_secretstream_xchacha20poly1305_pull(
            &state, plain.bindMemory(to: UInt8.self).baseAddress, &count, nil, bytes, UInt64(sealed.count), context,
            UInt64(context.count))
        return status == 0 ? UnsafeRawBufferPointer(rebasing: plain.prefix(Int(count))) : nil
    }
}
