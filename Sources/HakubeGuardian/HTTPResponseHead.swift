// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The head of an HTTP/1 response, as much of it as a health check needs.
package struct HTTPResponseHead: Sendable, Hashable {
    package let status: Int
    /// Bytes before the body.
    package let length: Int
    /// nil when the body's end is marked in another way.
    package let contentLength: Int?
    package let keepsAlive: Bool

    package enum Reading: Sendable, Hashable {
        case complete(HTTPResponseHead)
        case incomplete
        case malformed
    }

    /// Reads what has arrived so far. Byte by byte and without text: it happens once a second for every server.
    package static func read(_ bytes: [UInt8]) -> Reading {
        bytes.withUnsafeBufferPointer { read($0) }
    }

    private static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> Reading {
        guard bytes.prefix(start.count).elementsEqual(start.prefix(bytes.count)) else { return .malformed }
        if bytes.count > 8, bytes[8] != space { return .malformed }
        guard let end = endOfHead(bytes) else { return bytes.count > 16_384 ? .malformed : .incomplete }
        // HTTP/1.x, a space, three digits, and a space or the line's end.
        guard let status = number(bytes[9..<12]), (100...599).contains(status),
            bytes[12] == space || bytes[12] == carriageReturn
        else { return .malformed }
        var contentLength: Int?
        var keepsAlive = bytes[7] == UInt8(ascii: "1")
        for line in bytes[..<end].split(separator: lineFeed).dropFirst() {
            let line = line.last == carriageReturn ? line.dropLast() : line
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let value = line[(colon + 1)...].drop { $0 == space }
            if isSame(line[..<colon], lengthName) {
                contentLength = number(value)
            } else if isSame(line[..<colon], connectionName), isSame(value, closing) {
                keepsAlive = false
            }
        }
        return .complete(
            HTTPResponseHead(status: status, length: end, contentLength: contentLength, keepsAlive: keepsAlive))
    }

    private typealias Bytes = Slice<UnsafeBufferPointer<UInt8>>
    private static let start = Array("HTTP/1.".utf8)
    private static let lengthName = Array("content-length".utf8)
    private static let connectionName = Array("connection".utf8)
    private static let closing = Array("close".utf8)
    private static let space = UInt8(ascii: " ")
    private static let carriageReturn = UInt8(ascii: "\r")
    private static let lineFeed = UInt8(ascii: "\n")

    private static func endOfHead(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        // A status line is at least this long; the first end of a line there belongs to it.
        var index = 15
        while index < bytes.count {
            if bytes[index] == lineFeed, bytes[index - 1] == carriageReturn, bytes[index - 2] == lineFeed,
                bytes[index - 3] == carriageReturn
            {
                return index + 1
            }
            index += 1
        }
        return nil
    }

    /// `lower` is in lower case.
    private static func isSame(_ text: Bytes, _ lower: [UInt8]) -> Bool {
        guard text.count == lower.count else { return false }
        return zip(text, lower).allSatisfy { $0 == $1 || (65...90).contains($0) && $0 + 32 == $1 }
    }

    /// Decimal digits alone; nil for anything else, and for what no response of ours can be long.
    private static func number(_ digits: Bytes) -> Int? {
        guard (1...9).contains(digits.count), digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 48) }
    }
}
