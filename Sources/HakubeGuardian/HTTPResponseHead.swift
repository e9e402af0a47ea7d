// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The head of an HTTP/1 response, as much of it as a health check needs.
struct HTTPResponseHead: Hashable {
    let status: Int
    /// Bytes before the body.
    let length: Int
    /// nil when the body's end is marked in another way.
    let contentLength: Int?
    let keepsAlive: Bool

    enum Reading: Hashable {
        case complete(HTTPResponseHead)
        case incomplete
        case malformed
    }

    /// Reads what has arrived so far.
    static func read(_ bytes: [UInt8]) -> Reading {
        let start = Array("HTTP/1.".utf8)
        guard bytes.prefix(start.count).elementsEqual(start.prefix(bytes.count)) else { return .malformed }
        guard let end = endOfHead(bytes) else { return bytes.count > 16_384 ? .malformed : .incomplete }
        let lines = bytes[..<end].split(separator: 0x0a, omittingEmptySubsequences: true)
            .map { String(decoding: $0.last == 0x0d ? $0.dropLast() : $0, as: UTF8.self) }
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count >= 2, words[1].utf8.count == 3, let status = Int(words[1]), (100...599).contains(status)
        else {
            return .malformed
        }
        var contentLength: Int?
        var keepsAlive = words[0] == "HTTP/1.1"
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " }.lowercased()
            switch line[..<colon].lowercased() {
            case "content-length": contentLength = Int(value).flatMap { $0 >= 0 ? $0 : nil }
            case "connection" where value == "close": keepsAlive = false
            default: continue
            }
        }
        return .complete(
            HTTPResponseHead(status: status, length: end, contentLength: contentLength, keepsAlive: keepsAlive))
    }

    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        let mark: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a]
        guard bytes.count >= mark.count else { return nil }
        return (0...(bytes.count - mark.count)).first { bytes[$0] == 0x0d && bytes[$0..<($0 + 4)].elementsEqual(mark) }
            .map { $0 + mark.count }
    }
}
