// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCourier

/// A line of the courier's report being put together: words separated by one space.
package struct Line {
    /// What may be either.
    enum Word {
        case word(StaticString)
        case number(UInt64)
    }

    private(set) package var bytes: [UInt8] = []

    package init(_ word: StaticString) { add(word) }

    private mutating func part() { if !bytes.isEmpty { bytes.append(0x20) } }

    mutating func add(_ word: StaticString) {
        part()
        bytes.append(contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }

    mutating func add(_ number: UInt64) {
        part()
        bytes.append(contentsOf: Self.digits(number))
    }

    static func digits(_ number: UInt64) -> [UInt8] {
        var digits: [UInt8] = []
        var rest = number
        repeat {
            digits.append(0x30 + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        return digits.reversed()
    }

    mutating func add(_ number: Int) { add(UInt64(max(0, number))) }

    mutating func add(_ digest: Digest) {
        part()
        bytes.append(contentsOf: digest.hex)
    }

    mutating func add(_ path: HostFile) {
        part()
        bytes.append(contentsOf: path.bytes)
    }

    mutating func add(_ word: Word) {
        switch word {
        case .word(let word): add(word)
        case .number(let number): add(number)
        }
    }

    func with(_ number: Int) -> Line {
        var line = self
        line.add(number)
        return line
    }

    func with(_ number: UInt64) -> Line {
        var line = self
        line.add(number)
        return line
    }

    func with(_ word: StaticString) -> Line {
        var line = self
        line.add(word)
        return line
    }
}
