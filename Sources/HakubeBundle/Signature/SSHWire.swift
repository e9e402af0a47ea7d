// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The strings and numbers of the SSH protocol (RFC 4251, 5), as keys and signatures are made of them.
struct SSHWire {
    struct Cut: Error {}

    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isEmpty: Bool { rest.isEmpty }

    mutating func take(_ count: Int) throws(Cut) -> [UInt8] {
        guard count <= rest.count else { throw Cut() }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func number() throws(Cut) -> Int {
        try take(4).reduce(0) { $0 << 8 | Int($1) }
    }

    mutating func string() throws(Cut) -> [UInt8] { try take(try number()) }
    mutating func text() throws(Cut) -> String { String(decoding: try string(), as: UTF8.self) }
    mutating func remainder() -> [UInt8] { Array(rest) }

    static func string(_ bytes: [UInt8]) -> [UInt8] {
        let count = UInt32(bytes.count)
        return [UInt8(count >> 24), UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255)] + bytes
    }

    static func string(_ text: String) -> [UInt8] { string([UInt8](text.utf8)) }
}
