// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc

/// One ustar header (POSIX.1-1988), in the one form hakube writes: owner 0, date 0, no prefix, no extension.
///
/// Written here and not by libarchive, so that sizes are known before a byte is made, and a reader can hold every byte
/// of a bundle against what a packer would have written.
struct TarHeader: Equatable {
    static let byteCount = 512
    /// Two empty blocks end an archive.
    static let trailer = [UInt8](repeating: 0, count: 1024)
    static let regularFile = UInt8(ascii: "0")
    /// Eleven octal digits.
    static let maximumSize = 0o77_777_777_777
    static let maximumPath = 100

    let path: String
    let mode: Int
    let size: Int
    let kind: UInt8

    init(path: String, mode: Int, size: Int, kind: UInt8 = regularFile) {
        self.path = path
        self.mode = mode
        self.size = size
        self.kind = kind
    }

    /// Zeros that follow `size` bytes of content up to the next block.
    static func padding(after size: Int) -> Int { (byteCount - size % byteCount) % byteCount }

    /// Bytes an entry takes in an archive, header and padding included.
    static func entrySize(_ size: Int) -> Int { byteCount + size + padding(after: size) }

    var block: [UInt8] {
        var block = [UInt8](repeating: 0, count: Self.byteCount)
        block.put(path, at: 0)
        block.put(Self.octal(mode, digits: 7), at: 100)
        block.put(Self.octal(0, digits: 7), at: 108)
        block.put(Self.octal(0, digits: 7), at: 116)
        block.put(Self.octal(size, digits: 11), at: 124)
        block.put(Self.octal(0, digits: 11), at: 136)
        block[156] = kind
        block.put("ustar\u{0}00", at: 257)
        block.put(Self.octal(Self.checksum(block), digits: 6) + "\u{0} ", at: 148)
        return block
    }

    /// Reads any tar flavour well enough to name the entry; `nil` if the checksum does not hold.
    init?(block: [UInt8]) {
        guard block.count == Self.byteCount, let sum = Self.number(block[148..<156]), sum == Self.checksum(block),
            let size = Self.number(block[124..<136]), let mode = Self.number(block[100..<108])
        else { return nil }
        let prefix = block[257..<262].elementsEqual("ustar".utf8) ? Self.text(block[345..<500]) : ""
        let name = Self.text(block[0..<100])
        self.init(path: prefix.isEmpty ? name : "\(prefix)/\(name)", mode: mode, size: size, kind: block[156])
    }

    /// What the entry is, in words.
    var kindName: String {
        switch kind {
        case Self.regularFile, 0: "a file"
        case UInt8(ascii: "1"): "a hard link"
        case UInt8(ascii: "2"): "a symbolic link"
        case UInt8(ascii: "3"), UInt8(ascii: "4"): "a device"
        case UInt8(ascii: "5"): "a directory"
        case UInt8(ascii: "6"): "a named pipe"
        default: "an extension record"
        }
    }

    /// The checksum counts its own field as eight spaces.
    private static func checksum(_ block: [UInt8]) -> Int {
        let sum = block.reduce(0) { $0 + Int($1) } - block[148..<156].reduce(0) { $0 + Int($1) }
        return sum + 8 * 32
    }

    private static func octal(_ value: Int, digits: Int) -> String {
        let text = String(value, radix: 8)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }

    private static func number(_ field: ArraySlice<UInt8>) -> Int? {
        let digits = field.drop { $0 == 32 }.prefix { (48...55).contains($0) }
        return digits.isEmpty ? nil : Int(String(decoding: digits, as: UTF8.self), radix: 8)
    }

    private static func text(_ field: ArraySlice<UInt8>) -> String {
        String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
    }
}

extension [UInt8] {
    fileprivate mutating func put(_ text: String, at offset: Int) {
        for (index, byte) in text.utf8.enumerated() { self[offset + index] = byte }
    }
}
