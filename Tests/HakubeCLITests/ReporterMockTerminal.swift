// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

@testable import HakubeCLI
import Synchronization

/// A terminal in memory: obeys the few control sequences reporters use, and records what stands on it after each write.
final class MockTerminal: Terminal {
    fileprivate struct Screen {
        var lines: [String] = [""]
        var row = 0
        var column = 0
        var cursorIsVisible = true
        var colours = 0
    }

    let size: (columns: Int, rows: Int)
    private let state = Mutex((screen: Screen(), frames: [String]()))

    init(columns: Int = 100, rows: Int = 24) { size = (columns, rows) }

    /// What an operator saw after each write, trailing blanks and empty lines at the end left out.
    var frames: [String] { state.withLock { $0.frames } }
    var lines: [String] { state.withLock { $0.screen.lines } }
    var cursorIsVisible: Bool { state.withLock { $0.screen.cursorIsVisible } }
    /// How many sequences that colour text were written.
    var colours: Int { state.withLock { $0.screen.colours } }

    func write(_ text: String) {
        state.withLock { state in
            state.screen.take(text)
            var lines = state.screen.lines.map { line in String(line.reversed().drop { $0 == " " }.reversed()) }
            while lines.last == "" { lines.removeLast() }
            state.frames.append(lines.joined(separator: "\n"))
        }
    }
}

extension MockTerminal.Screen {
    fileprivate mutating func take(_ text: String) {
        var characters = Array(text.unicodeScalars)[...]
        while let character = characters.popFirst() {
            switch character {
            case "\u{1B}":
                characters = characters.dropFirst()
                let parameters = characters.prefix { !("@"..."~").contains($0) }
                characters = characters.dropFirst(parameters.count)
                if let final = characters.popFirst() { obey(String(String.UnicodeScalarView(parameters)), final) }
            case "\n":
                row += 1
                column = 0
                if row == lines.count { lines.append("") }
            case "\r": column = 0
            default: put(Character(character))
            }
        }
    }

    private mutating func obey(_ parameters: String, _ final: Unicode.Scalar) {
        switch (parameters, final) {
        case ("?25l", _), ("?25", "l"): cursorIsVisible = false
        case ("?25", "h"): cursorIsVisible = true
        case (_, "A"): row = max(0, row - (Int(parameters) ?? 1))
        case (_, "J"):
            lines[row] = String(lines[row].prefix(column))
            lines.removeSubrange((row + 1)...)
        case (_, "m"): colours += 1
        default: put("?")
        }
    }

    private mutating func put(_ character: Character) {
        var line = Array(lines[row])
        while line.count <= column { line.append(" ") }
        line[column] = character
        lines[row] = String(line)
        column += 1
    }
}
