// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation

/// The words of the command line that are left to be read.
struct Arguments {
    static let usage =
        "usage: hakube-bench-run init [--hosts 1000] | plan [--hosts 500] | commands FILE [--key KEY] [--home FOLDER] "
        + "[--steps 20]"

    private var words: [String]

    init(_ words: [String]) { self.words = words }

    static func refuse(_ text: String) -> Never {
        FileHandle.standardError.write(Data("hakube-bench-run: \(text)\n".utf8))
        exit(2)
    }

    mutating func next() -> String? { words.isEmpty ? nil : words.removeFirst() }

    mutating func number(_ name: String, _ fallback: Int) -> Int {
        guard let word = option(name) else { return fallback }
        guard let number = Int(word), number > 0 else { Self.refuse("\(word) is no number") }
        return number
    }

    mutating func option(_ name: String) -> String? {
        guard let index = words.firstIndex(of: name) else { return nil }
        guard index + 1 < words.count else { Self.refuse("\(name) wants a value") }
        defer { words.removeSubrange(index...(index + 1)) }
        return words[index + 1]
    }
}
