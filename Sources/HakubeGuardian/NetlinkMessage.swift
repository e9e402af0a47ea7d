// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// One netlink message as bytes: the header of `linux/netlink.h` and its payload.
package struct NetlinkMessage: Sendable, Hashable {
    package var type: UInt16
    package var flags: UInt16
    package var sequence: UInt32 = 0
    package var payload: [UInt8]

    package init(type: UInt16, flags: UInt16, payload: [UInt8]) {
        self.type = type
        self.flags = flags
        self.payload = payload
    }

    package static let request: UInt16 = 0x1
    package static let acknowledge: UInt16 = 0x4
    package static let replace: UInt16 = 0x100
    package static let dump: UInt16 = 0x300
    package static let create: UInt16 = 0x400
    /// NLMSG_ERROR, also the type of an acknowledgement (error 0).
    package static let errorType: UInt16 = 2
    /// NLMSG_DONE, the end of a dump.
    package static let doneType: UInt16 = 3

    package var encoded: [UInt8] {
        var writer = NetlinkWriter()
        writer.append(UInt32(16 + payload.count))
        writer.append(type)
        writer.append(flags)
        writer.append(sequence)
        // Port 0: the kernel.
        writer.append(UInt32(0))
        return writer.bytes + payload
    }

    /// The messages of one datagram; a torn one and what follows it are dropped.
    package static func decode(_ bytes: [UInt8]) -> [NetlinkMessage] {
        var messages: [NetlinkMessage] = []
        var rest = bytes[...]
        while let length = rest.number(at: 0, as: UInt32.self).map(Int.init), length >= 16, length <= rest.count,
            let type = rest.number(at: 4, as: UInt16.self), let flags = rest.number(at: 6, as: UInt16.self),
            let sequence = rest.number(at: 8, as: UInt32.self)
        {
            var message = NetlinkMessage(
                type: type, flags: flags, payload: Array(rest.dropFirst(16).prefix(length - 16)))
            message.sequence = sequence
            messages.append(message)
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return messages
    }

    /// The errno of an error message or of a dump's end; nil for any other message, 0 for success.
    package var errorNumber: Int32? {
        guard type == Self.errorType || type == Self.doneType else { return nil }
        return payload[...].number(at: 0, as: Int32.self).map { $0 == .min ? .max : -$0 } ?? 0
    }
}

/// A request that is sent again and again: encoded once.
struct PreparedRequest {
    fileprivate(set) var bytes: [UInt8]

    init(_ message: NetlinkMessage) { bytes = message.encoded }

    mutating func number(_ sequence: UInt32) {
        withUnsafeBytes(of: sequence) { bytes.replaceSubrange(8..<12, with: $0) }
    }
}

/// Appends numbers in host order and attributes padded to 4 bytes.
package struct NetlinkWriter: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number) { bytes += $0 }
    }

    package mutating func attribute(_ type: UInt16, _ value: some Collection<UInt8>) {
        append(UInt16(4 + value.count))
        append(type)
        bytes += value
        while !bytes.count.isMultiple(of: 4) { bytes.append(0) }
    }

    package mutating func attribute(_ type: UInt16, _ number: some FixedWidthInteger) {
        attribute(type, withUnsafeBytes(of: number) { Array($0) })
    }

    package mutating func attribute(_ type: UInt16, text: String) {
        attribute(type, Array(text.utf8) + [0])
    }

    /// An attribute that holds attributes, marked as such (NLA_F_NESTED).
    package mutating func nested(_ type: UInt16, _ build: (inout NetlinkWriter) -> Void) {
        var inner = NetlinkWriter()
        build(&inner)
        attribute(type | 0x8000, inner.bytes)
    }
}

/// The attributes of a payload, by type. Looked for anew each time: a dozen of them are passed sooner than hashed. A
/// repeated one counts with its last value.
package struct NetlinkAttributes: Sendable {
    private let content: ArraySlice<UInt8>

    package init(_ bytes: ArraySlice<UInt8>) { content = bytes }

    package func bytes(_ type: UInt16) -> ArraySlice<UInt8>? {
        var found: ArraySlice<UInt8>?
        var start = content.startIndex
        while let length = content.number(from: start, as: UInt16.self).map(Int.init), length >= 4,
            length <= content.endIndex - start, let kind = content.number(from: start + 2, as: UInt16.self)
        {
            // The two highest bits say "nested" and "network order".
            if kind & 0x3fff == type { found = content[(start + 4)..<(start + length)] }
            start += (length + 3) & ~3
            guard start < content.endIndex else { break }
        }
        return found
    }

    package func number<Number: FixedWidthInteger>(_ type: UInt16, as: Number.Type = Number.self) -> Number? {
        bytes(type)?.number(at: 0, as: Number.self)
    }

    package func text(_ type: UInt16) -> String? {
        bytes(type).map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    package func nested(_ type: UInt16) -> NetlinkAttributes? { bytes(type).map(NetlinkAttributes.init) }
}

extension ArraySlice<UInt8> {
    /// A number in host order; nil when the slice is too short.
    func number<Number: FixedWidthInteger>(at offset: Int, as: Number.Type) -> Number? {
        number(from: startIndex + offset, as: Number.self)
    }

    /// The same by index.
    fileprivate func number<Number: FixedWidthInteger>(from index: Int, as: Number.Type) -> Number? {
        guard index >= startIndex, endIndex - index >= MemoryLayout<Number>.size else { return nil }
        return withUnsafeBytes { $0.loadUnaligned(fromByteOffset: index - startIndex, as: Number.self) }
    }
}
