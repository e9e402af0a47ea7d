// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// An item as a child names it: by content, since indices are each host's own.
package struct Want {
    package let digest: Digest
    package let form: WireForm
    /// Bytes of the wire form that the child has.
    package let offset: UInt64

    static let size = Digest.size + 1 + 8

    package init(digest: Digest, form: WireForm, offset: UInt64) {
        self.digest = digest
        self.form = form
        self.offset = offset
    }
}

/// What a child says, once: all that it wants, in order.
package enum ChildMessage {
    case wants([Want])
    case go

    static let wantsAtOnce = (SealedStream.longest - 1) / Want.size

    /// - Returns: `nil` for what no courier says.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        guard let kind = bytes.first else { return nil }
        let rest = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
        switch kind {
        case 1:
            guard rest.count.isMultiple(of: Want.size) else { return nil }
            var wants: [Want] = []
            for start in stride(from: 0, to: rest.count, by: Want.size) {
                let digest = Digest(UnsafeRawBufferPointer(rebasing: rest[start..<start + Digest.size]))
                guard let form = WireForm(rawValue: rest[start + Digest.size]) else { return nil }
                let offset = BigEndian.uint64(rest, at: start + Digest.size + 1)
                wants.append(Want(digest: digest, form: form, offset: offset))
            }
            self = .wants(wants)
        case 2 where rest.isEmpty: self = .go
        default: return nil
        }
    }

    package var bytes: [UInt8] {
        switch self {
        case .go: return [2]
        case .wants(let wants):
            var bytes: [UInt8] = [1]
            for want in wants {
                bytes += want.digest.bytes
                bytes.append(want.form.rawValue)
                BigEndian.put(want.offset, into: &bytes)
            }
            return bytes
        }
    }
}

/// What a parent says. `want` counts the child's wants from 0.
package enum ParentMessage {
    case data(want: UInt32, offset: UInt64, UnsafeRawBufferPointer)
    /// Nothing to send at the moment.
    case heartbeat
    /// The parent does not have it and will not get it.
    case cannot(want: UInt32)
    /// What was sent of it turned out to be wrong.
    case void(want: UInt32)

    /// Before the bytes of a data message: kind, want, offset.
    static let dataHeadSize = 1 + 4 + 8
    static let dataAtOnce = SealedStream.longest - dataHeadSize

    /// - Returns: `nil` for what no courier says.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        switch (bytes.first, bytes.count) {
        case (1, (Self.dataHeadSize + 1)...):
            self = .data(
                want: BigEndian.uint32(bytes, at: 1), offset: BigEndian.uint64(bytes, at: 5),
                UnsafeRawBufferPointer(rebasing: bytes.dropFirst(Self.dataHeadSize)))
        case (2, 1): self = .heartbeat
        case (3, 5): self = .cannot(want: BigEndian.uint32(bytes, at: 1))
        case (4, 5): self = .void(want: BigEndian.uint32(bytes, at: 1))
        default: return nil
        }
    }

    static let heartbeatBytes: [UInt8] = [2]

    static func cannotBytes(_ want: Int) -> [UInt8] { bytes(3, want) }

    static func voidBytes(_ want: Int) -> [UInt8] { bytes(4, want) }

    /// Writes what goes before the bytes of a data message.
    static func putDataHead(want: Int, offset: UInt64, into room: UnsafeMutableRawBufferPointer) {
        room[0] = 1
        room.storeBytes(of: UInt32(want).bigEndian, toByteOffset: 1, as: UInt32.self)
        room.storeBytes(of: offset.bigEndian, toByteOffset: 5, as: UInt64.self)
    }

    private static func bytes(_ kind: UInt8, _ want: Int) -> [UInt8] {
        var bytes = [kind]
        BigEndian.put(UInt32(want), into: &bytes)
        return bytes
    }
}
