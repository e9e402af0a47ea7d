// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// One request over HTTP/2, as much as a watch needs: a GET on stream 1, and the status of its answer (RFC 9113, RFC 7541).
extension HTTP2 {
    package static let data: UInt8 = 0
    package static let headers: UInt8 = 1
    package static let resetStream: UInt8 = 3
    package static let windowUpdate: UInt8 = 8
    package static let endStream: UInt8 = 1
    private static let endHeaders: UInt8 = 4
    private static let padded: UInt8 = 8
    private static let priority: UInt8 = 0x20

    /// A GET without a body. Every field is a literal without indexing, so that no table has to be kept.
    package static func get(_ path: String, authority: String, userAgent: String) -> [UInt8] {
        // Indexed fields of the static table: :method GET, :scheme https.
        let fields: [UInt8] =
            [0x82, 0x87] + literal(index: 4, path) + literal(index: 1, authority) + literal(index: 58, userAgent)
            + literal(index: 19, "application/json")
        return frame(headers, flags: endHeaders | endStream, fields, stream: 1)
    }

    /// Lets the server send so many bytes more, on the stream and on the connection.
    package static func more(_ count: Int) -> [UInt8] {
        let size = (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) }
        return frame(windowUpdate, flags: 0, size) + frame(windowUpdate, flags: 0, size, stream: 1)
    }

    /// The status in an answer's HEADERS frame; it is the first field of all (RFC 9113, 8.3). nil: it cannot be read.
    package static func status(of frame: Frame) -> Int? {
        var rest = frame.payload[...]
        if frame.flags & padded != 0 { rest = rest.dropFirst() }
        if frame.flags & priority != 0 { rest = rest.dropFirst(5) }
        // Changes of the dynamic table's size come before the fields.
        while let first = rest.first, first & 0xe0 == 0x20 {
            guard integer(prefix: 5, &rest) != nil else { return nil }
        }
        guard let first = rest.first else { return nil }
        let listed: [UInt8: Int] = [
            0x88: 200, 0x89: 204, 0x8a: 206, 0x8b: 304, 0x8c: 400, 0x8d: 404, 0x8e: 500,
        ]
        if let status = listed[first] { return status }
        // A literal whose name is that of any :status in the static table, 8 to 14.
        let name = integer(prefix: first & 0xc0 == 0x40 ? 6 : 4, &rest)
        guard first & 0x80 == 0, let name, (8...14).contains(name), let head = rest.first else { return nil }
        guard let length = integer(prefix: 7, &rest), rest.count >= length else { return nil }
        let text = rest.prefix(length)
        let digits = head & 0x80 == 0 ? Array(text) : huffmanDigits(text)
        guard digits.count == 3, digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 48) }
    }

    private static func literal(index: Int, _ value: String) -> [UInt8] {
        let text = Array(value.utf8)
        return integer(index, prefix: 4) + integer(text.count, prefix: 7) + text
    }

    /// RFC 7541, 5.1; the bits above the prefix are zero.
    private static func integer(_ value: Int, prefix: Int) -> [UInt8] {
        let limit = 1 << prefix - 1
        guard value >= limit else { return [UInt8(value)] }
        var bytes = [UInt8(limit)]
        var rest = value - limit
        while rest >= 128 {
            bytes.append(UInt8(rest & 0x7f | 0x80))
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    private static func integer(prefix: Int, _ bytes: inout ArraySlice<UInt8>) -> Int? {
        let limit = 1 << prefix - 1
        guard let first = bytes.popFirst() else { return nil }
        var value = Int(first) & limit
        guard value == limit else { return value }
        var shift = 0
        while let byte = bytes.popFirst(), shift < 28 {
            value += Int(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
        return nil
    }

    /// Digits in RFC 7541's Huffman code: five bits for 0 to 2, six for the others; ones fill the last byte.
    private static func huffmanDigits(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        let bits = bytes.flatMap { byte in (0..<8).map { byte >> UInt8(7 - $0) & 1 } }
        var digits: [UInt8] = []
        var index = 0
        func value(_ count: Int) -> UInt8? {
            guard index + count <= bits.count else { return nil }
            return bits[index..<(index + count)].reduce(0) { $0 << 1 | $1 }
        }
        while digits.count < 3 {
            if let short = value(5), short <= 2 {
                digits.append(48 + short)
                index += 5
            } else if let long = value(6), (0x19...0x1f).contains(long) {
                digits.append(48 + long - 0x19 + 3)
                index += 6
            } else {
                return []
            }
        }
        return digits
    }
}
