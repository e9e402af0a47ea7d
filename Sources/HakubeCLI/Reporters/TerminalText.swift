// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Text measured and cut for a terminal.
enum TerminalText {
    /// Columns a text takes. East Asian wide characters and emoji take two.
    static func width(_ text: String) -> Int { text.reduce(0) { $0 + width($1) } }

    private static func width(_ character: Character) -> Int {
        switch character.unicodeScalars.first?.value ?? 0 {
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            2
        default: 1
        }
    }

    /// At most so many columns, with `mark` at the end where something was cut off.
    static func cut(_ text: String, to columns: Int, mark: String = "…") -> String {
        guard width(text) > columns else { return text }
        var kept = ""
        var left = columns - width(mark)
        for character in text {
            left -= width(character)
            guard left >= 0 else { break }
            kept.append(character)
        }
        return columns < width(mark) ? "" : kept + mark
    }

    static func padded(_ text: String, to columns: Int) -> String {
        text + String(repeating: " ", count: max(0, columns - width(text)))
    }

    /// `left` and `right` at the two ends of a line; `left` is cut where both do not fit.
    static func spread(_ left: String, _ right: String, over columns: Int, mark: String = "…") -> String {
        let room = columns - width(right) - (right.isEmpty ? 0 : 1)
        return right.isEmpty
            ? cut(left, to: columns, mark: mark) : padded(cut(left, to: room, mark: mark), to: room) + " " + right
    }

    /// What a host printed, without what would steer the operator's terminal: escape sequences and control characters.
    static func printable(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        var scalars = text.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            switch scalar.value {
            case 0x1B:
                // ECMA-48: after ESC [ come parameters, then one final byte from @ to ~.
                guard scalars.next() == "[" else { continue }
                while let next = scalars.next(), !(0x40...0x7E).contains(next.value) {}
            case 0x09: result.append(contentsOf: "    ".unicodeScalars)
            case 0..<0x20, 0x7F..<0xA0: break
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
