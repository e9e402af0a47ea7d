// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// How much a YAML text may become by aliases, which are short to write and may stand for one another again and again.
enum AliasBounds {
    /// Far above a file with a thousand hosts, each with all that a tool knows about hosts.
    static let nodes = 100_000
    static let depth = 100
    /// Each may stand for the one before it, and the parser goes down through all of them when it frees them.
    static let anchors = 1000
    /// So few cannot make much, whatever they stand for.
    static let harmlessAliases = 40

    /// For one text.
    static var nodeCount: YAMLNodeCount { YAMLNodeCount(below: nodes + 1, depth: depth) }

    /// What is found out before the parser reads it: that one compares keys, and keys may be aliases or hold some.
    static func areKept(by text: String) -> Bool {
        let anchors = marks("&", in: text)
        guard anchors > 0, marks("*", in: text) > harmlessAliases else { return anchors <= Self.anchors }
        let keys = text.firstMatch(of: /(?m)^[ \-\[{,]*\?\s|[\[{,]\s*\?\s|[\]}]\s*:\s|\*[^\s,\[\]{}]+\s*:\s/)
        return anchors <= Self.anchors && keys == nil
    }

    /// Signs at the beginning of a word with a name behind them; `a && b` has none.
    private static func marks(_ sign: Character, in text: String) -> Int {
        guard let sign = sign.asciiValue else { return 0 }
        func isName(_ byte: UInt8) -> Bool {
            let character = Character(UnicodeScalar(byte))
            return byte < 128 && (character.isLetter || character.isNumber || "_-".contains(character))
        }
        var before = UInt8(ascii: "\n")
        var previous = before
        var found = 0
        for byte in text.utf8 {
            if previous == sign, isName(byte), " \t\n\r[{,".utf8.contains(before) { found += 1 }
            (before, previous) = (previous, byte)
        }
        return found
    }
}
