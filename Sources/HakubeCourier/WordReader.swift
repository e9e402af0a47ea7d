// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Takes an order's line apart, word by word.
struct WordReader {
    private var rest: ArraySlice<UInt8>

    init(_ line: ArraySlice<UInt8>) { rest = line }

    enum Verb {
        case stage, item, candidate, group, look, listen, admit, expel, pull, stop, finish

        init?(_ word: ArraySlice<UInt8>) {
            let all: [(StaticString, Verb)] = [
                ("stage", .stage), ("item", .item), ("candidate", .candidate), ("group", .group), ("look", .look),
                ("listen", .listen), ("admit", .admit), ("expel", .expel), ("pull", .pull), ("stop", .stop),
                ("finish", .finish),
            ]
            guard let found = all.first(where: { WordReader.isEqual(word, $0.0) }) else { return nil }
            self = found.1
        }
    }

    var isAtEnd: Bool { rest.isEmpty }

    /// The next word, without the space behind it; empty at the end.
    mutating func next() -> ArraySlice<UInt8> {
        let word = rest.prefix { $0 != 0x20 }
        rest = rest.dropFirst(word.count + 1)
        return word
    }

    /// Goes past the next word if it is this one.
    mutating func skip(_ word: StaticString) -> Bool {
        var ahead = self
        guard Self.isEqual(ahead.next(), word) else { return false }
        self = ahead
        return true
    }

    mutating func number(radix: UInt64 = 10) throws(Fault) -> UInt64 { try Self.number(next(), radix: radix) }

    mutating func index() throws(Fault) -> Int {
        let number = try number()
        guard number < Order.limit else { throw .input("number-too-big") }
        return Int(number)
    }

    /// Separated by commas; no index twice, and perhaps none at all.
    mutating func indices() throws(Fault) -> [Int] {
        // A group may have lost all its items to others.
        guard !rest.isEmpty else { return [] }
        var all: [Int] = []
        var seen = [Bool](repeating: false, count: Order.limit)
        for word in next().split(separator: 0x2c, omittingEmptySubsequences: false) {
            let number = try Self.number(word, radix: 10)
            guard number < Order.limit else { throw .input("number-too-big") }
            guard !seen[Int(number)] else { throw .input("index-twice") }
            seen[Int(number)] = true
            all.append(Int(number))
        }
        return all
    }

    mutating func digest() throws(Fault) -> Digest {
        guard let digest = Digest(hex: next()) else { throw .input("not-32-bytes-hex") }
        return digest
    }

    mutating func address() throws(Fault) -> [CChar] {
        let word = next()
        guard (1...80).contains(word.count), !word.contains(0) else { throw .input("address") }
        return word.map { CChar(truncatingIfNeeded: $0) } + [0]
    }

    /// The rest of the line.
    mutating func path(_ kind: HostFile.Kind) throws(Fault) -> HostFile {
        guard let path = HostFile(rest, kind) else { throw .input("path") }
        rest = []
        return path
    }

    private static func number(_ word: ArraySlice<UInt8>, radix: UInt64) throws(Fault) -> UInt64 {
        guard !word.isEmpty else { throw .input("number-missing") }
        var value: UInt64 = 0
        for digit in word {
            guard digit >= 0x30, UInt64(digit) < 0x30 + radix else { throw .input("not-a-number") }
            let (product, overflow) = value.multipliedReportingOverflow(by: radix)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit - 0x30))
            guard !overflow, !carry else { throw .input("number-too-big") }
            value = sum
        }
        return value
    }

    private static func isEqual(_ word: ArraySlice<UInt8>, _ other: StaticString) -> Bool {
        word.elementsEqual(UnsafeBufferPointer(start: other.utf8Start, count: other.utf8CodeUnitCount))
    }
}
