// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// One GET.
struct HTTPRequest: Sendable {
    var url: String
    var headers: [String: String] = [:]
    /// Sent to the URL's own origin, never where a redirect leads to another.
    var authorization: String?
    /// The answer's digest is known, so it may come without TLS.
    var isChecked = false
}

/// Status and header fields of an answer.
struct HTTPHead: Sendable, Hashable {
    let status: Int
    /// Names in lower case; a name may come several times.
    private(set) var fields: [String: [String]] = [:]

    init(status: Int, fields: [String: [String]] = [:]) {
        self.status = status
        self.fields = fields
    }

    /// From a line such as `HTTP/1.1 206 Partial Content`.
    init?(statusLine: String) {
        let words = statusLine.split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("HTTP/"), let status = Int(words[1]) else { return nil }
        self.init(status: status)
    }

    mutating func add(line: String) {
        guard let colon = line.firstIndex(of: ":") else { return }
        let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
        fields[line[..<colon].lowercased(), default: []].append(String(value))
    }

    subscript(name: String) -> String? { fields[name]?.last }

    var isSuccess: Bool { (200..<300).contains(status) }

    /// No more than an exbibyte, whatever is said: it is counted with.
    var contentLength: Int? { self["content-length"].flatMap { Int($0) }.map { min(max(0, $0), 1 << 60) } }

    /// First byte and whole size of `bytes 100-199/200`, or of `bytes */200`; `nil` parts are not said.
    var contentRange: (first: Int?, whole: Int?)? {
        guard let value = self["content-range"], value.hasPrefix("bytes ") else { return nil }
        let halves = value.dropFirst("bytes ".count).split(separator: "/", maxSplits: 1)
        guard halves.count == 2 else { return nil }
        return (halves[0].split(separator: "-").first.flatMap { Int($0) }, Int(halves[1]))
    }

    /// What If-Range takes (RFC 9110, 13.1.5): a strong entity tag, else the date.
    var validator: String? {
        if let tag = self["etag"], !tag.hasPrefix("W/") { return tag }
        return self["last-modified"]
    }
}

/// Where the body of a good answer goes. Bodies of others are kept aside, for their words.
protocol BodySink: AnyObject {
    func begin(_ head: HTTPHead) throws
    func take(_ bytes: UnsafeRawBufferPointer) throws
}

/// A short body, kept in memory.
final class MemorySink: BodySink {
    private let limit: Int
    private(set) var bytes: [UInt8] = []

    struct TooLong: Error {}

    init(limit: Int) { self.limit = limit }

    func begin(_ head: HTTPHead) throws {
        guard head.contentLength ?? 0 <= limit else { throw TooLong() }
        bytes = []
    }

    func take(_ more: UnsafeRawBufferPointer) throws {
        guard bytes.count + more.count <= limit else { throw TooLong() }
        bytes.append(contentsOf: more)
    }
}
