// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto
import Foundation
import FuzzSupport

/// A plain bundle taken apart and put together with digests that are right, so that damage gets behind them.
struct PlainBundle {
    private static let block = 512
    /// Values that a reader may stumble over.
    private static let nasty = [
        "-1", "0", "1", "9223372036854775807", "8589934592", "1e300", "null", "true", "[]", "{}", "\"\"", "\"../x\"",
        "\"/etc/passwd\"", "\"amd64/bin/../../../x\"", "\"amd64/bin/x/y\"", "\"SHA256SUMS\"", "\"hakube-bundle.sig\"",
        "\"amd64\"", "\"s390x\"", "\"0755\"", "\"07777777777\"", "\"master\"",
        "\"sha256:0000000000000000000000000000000000000000000000000000000000000000\"",
    ]

    private var text: [UInt8]
    private var signature: [UInt8]
    /// Header, content and padding of each file.
    private var entries: [[UInt8]]

    init(_ tar: [UInt8]) {
        var rest = tar[...]
        var all: [[UInt8]] = []
        while let size = Self.size(rest) {
            let count = Self.block + (size + Self.block - 1) / Self.block * Self.block
            all.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        text = Array(all[0].dropFirst(Self.block).prefix(Self.size(all[0][...]) ?? 0))
        signature = Array(all[1].dropFirst(Self.block).prefix(Self.size(all[1][...]) ?? 0))
        entries = Array(all.dropFirst(2))
    }

    /// Damages one part, and mends the digests of its frame and, mostly, of its content.
    mutating func damage(_ generator: inout Generator) {
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: text = generator.damaged([text])
        case 1: signature = generator.damaged([signature, Array("-----BEGIN SSH SIGNATURE-----".utf8)])
        case 2, 3: replaceValue(&generator)
        case 4:
            let number = Int.random(in: 0..<entries.count, using: &generator)
            let header = Array(entries[number].prefix(Self.block))
            let damaged = Array((generator.damaged([header]) + header).prefix(Self.block))
            replace(number, by: Self.summed(damaged) + entries[number].dropFirst(Self.block))
        default:
            let number = Int.random(in: 0..<entries.count, using: &generator)
            let size = Self.size(entries[number][...]) ?? 0
            let content = generator.damaged([Array(entries[number].dropFirst(Self.block).prefix(size))])
            let header = Self.header(like: Array(entries[number].prefix(Self.block)), size: content.count)
            replace(number, by: header + Self.padded(content), content: content, size: size)
        }
    }

    var bytes: [UInt8] {
        let head =
            Self.header(named: "hakube-bundle.json", size: text.count) + Self.padded(text)
            + Self.header(named: "hakube-bundle.sig", size: signature.count) + Self.padded(signature)
        let end = [UInt8](repeating: 0, count: 2 * Self.block)
        let seal = Array("hakube-seal".utf8) + [UInt8](repeating: 0, count: Self.block - 11 - SHA256.byteCount)
        return head + entries.joined() + end + seal + Array(SHA256.hash(data: head + end))
    }

    /// Puts another value where one stands in the manifest.
    private mutating func replaceValue(_ generator: inout Generator) {
        let places = text.indices.filter { text[$0] == UInt8(ascii: ":") && $0 + 1 < text.count && text[$0 + 1] == 32 }
        guard let place = places.randomElement(using: &generator) else { return }
        let end = text[(place + 1)...].firstIndex { $0 == UInt8(ascii: ",") || $0 == 10 } ?? text.count
        let value = Array((Self.nasty.randomElement(using: &generator) ?? "").utf8)
        text.replaceSubrange(place + 1..<end, with: value)
    }

    /// Changes an entry and what the manifest says of its frame, and of its content if that is given.
    private mutating func replace(_ number: Int, by entry: [UInt8], content: [UInt8]? = nil, size: Int = 0) {
        let old = entries[number]
        entries[number] = entry
        change(Sum.hex(old), to: Sum.hex(entry))
        change("\"stored\" : \(old.count),", to: "\"stored\" : \(entry.count),", near: Sum.hex(entry))
        guard let content else { return }
        let before = Sum.hex(Array(old.dropFirst(Self.block).prefix(size)))
        change(before, to: Sum.hex(content))
        change("\"size\" : \(size),", to: "\"size\" : \(content.count),", near: Sum.hex(entry))
    }

    private mutating func change(_ old: String, to new: String, near mark: String? = nil) {
        var string = String(decoding: text, as: UTF8.self)
        guard let mark, let place = string.range(of: mark),
            let found = string.range(of: old, options: .backwards, range: string.startIndex..<place.lowerBound)
        else {
            if mark == nil { text = [UInt8](string.replacingOccurrences(of: old, with: new).utf8) }
            return
        }
        string.replaceSubrange(found, with: new)
        text = [UInt8](string.utf8)
    }

    private static func padded(_ bytes: [UInt8]) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: (block - bytes.count % block) % block)
    }

    private static func size(_ header: ArraySlice<UInt8>) -> Int? {
        let field = header.dropFirst(124).prefix(11)
        return header.first == 0 ? nil : Int(String(decoding: field, as: UTF8.self), radix: 8)
    }

    private static func header(named name: String, size: Int) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: block)
        header.replaceSubrange(0..<name.utf8.count, with: name.utf8)
        for (place, text) in [(100, "0000644"), (108, "0000000"), (116, "0000000"), (136, "00000000000")] {
            header.replaceSubrange(place..<place + text.utf8.count, with: text.utf8)
        }
        header[156] = UInt8(ascii: "0")
        header.replaceSubrange(257..<265, with: "ustar\u{0}00".utf8)
        return self.header(like: header, size: size)
    }

    private static func header(like header: [UInt8], size: Int) -> [UInt8] {
        var header = header
        let digits = String(size, radix: 8)
        let field = String(repeating: "0", count: 11 - digits.utf8.count) + digits
        header.replaceSubrange(124..<135, with: field.utf8)
        return summed(header)
    }

    private static func summed(_ header: [UInt8]) -> [UInt8] {
        var header = header
        header.replaceSubrange(148..<156, with: [UInt8](repeating: 32, count: 8))
        let digits = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        let field = String(repeating: "0", count: 6 - digits.utf8.count) + digits + "\u{0} "
        header.replaceSubrange(148..<156, with: field.utf8)
        return header
    }
}
