// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// A version as far as rules compare it: its first three numbers. `1.6.20~ds1` is 1.6.20.
struct ComponentVersion: Comparable {
    let numbers: [Int]

    /// `nil` where the text does not begin with MAJOR.MINOR.
    init?(_ text: String) {
        var numbers: [Int] = []
        for part in Self.bare(text).split(separator: ".", omittingEmptySubsequences: false).prefix(3) {
            let digits = part.prefix { $0.isASCII && $0.isNumber }
            guard let number = Int(digits) else { break }
            numbers.append(number)
            if digits.count < part.count { break }
        }
        guard numbers.count >= 2 else { return nil }
        self.numbers = numbers
    }

    /// Without a leading v.
    static func bare(_ text: String) -> String { text.hasPrefix("v") ? String(text.dropFirst()) : text }

    /// MAJOR.MINOR, the line of releases that it is of.
    var line: [Int] { Array(numbers.prefix(2)) }

    static func < (left: ComponentVersion, right: ComponentVersion) -> Bool {
        left.numbers.lexicographicallyPrecedes(right.numbers)
    }
}
