// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Rows of cells in columns as wide as their widest cell, for people.
struct TextTable {
    private var rows: [[String]]

    init(_ header: [String]) { rows = [header] }

    /// What came from a host must be made printable: it is done here.
    mutating func add(_ row: [String]) { rows.append(row.map(TerminalText.printable)) }

    /// Two blanks between columns; a line that is wider than `width` goes on below, indented.
    func lines(width: Int = RunBoard.widest) -> [String] {
        let widths = rows[0].indices.map { column in
            rows.map { column < $0.count ? TerminalText.width($0[column]) : 0 }.max() ?? 0
        }
        return rows.flatMap { row in
            let cells = zip(row, widths).dropLast().map { TerminalText.padded($0, to: $1) } + row.suffix(1)
            return RunWords.broken(cells.joined(separator: "  "), "      ", width)
        }
    }
}
