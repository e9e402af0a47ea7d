// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Lines of a file that hakube owns, between two marker lines. All other lines belong to somebody else.
package struct ManagedBlock: Sendable, Hashable {
    package let path: String
    /// The cluster's name; several clusters' blocks can stand in one file.
    package let name: String
    /// None: the block goes.
    package let lines: [String]

    package init(path: String, name: String, lines: [String]) {
        self.path = path
        self.name = name
        self.lines = lines
    }

    var begin: String { "# hakube begin \(name)" }
    var end: String { "# hakube end \(name)" }

    /// The block as it stands in the file, markers included; empty where there is to be none.
    package var text: String { lines.isEmpty ? "" : ([begin] + lines + [end]).joined(separator: "\n") + "\n" }

    /// The clusters that have a block in a file.
    static func names(in contents: String) -> [String] {
        contents.split(whereSeparator: \.isNewline).compactMap { line in
            line.hasPrefix("# hakube begin ") ? String(line.dropFirst("# hakube begin ".count)) : nil
        }
    }

    /// `contents` with the block made right: replaced where it stands, else appended. Every other byte stays as it was.
    ///
    /// A begin marker without its end is taken to be that one line, so that a torn edit never swallows foreign lines.
    package func applied(to contents: String) -> String {
        var kept: [String] = []
        var position: Int?
        // By scalars: in a file with CRLF the two are one Character, and no line would end.
        let all = contents.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        var index = 0
        while index < all.count {
            let line =
                all[index].unicodeScalars.last == "\r" ? String(all[index].unicodeScalars.dropLast()) : all[index]
            if line == begin {
                position = position ?? kept.count
                let close = all[(index + 1)...].firstIndex { $0 == end || $0 == begin }
                if let close, all[close] == end { index = close }
            } else if line != end {
                kept.append(all[index])
            }
            index += 1
        }
        if lines.isEmpty { return kept.joined(separator: "\n") }
        let block = text.split(separator: "\n").map(String.init)
        if let position {
            kept.insert(contentsOf: block, at: position)
            return kept.joined(separator: "\n")
        }
        let gap = contents.isEmpty || contents.unicodeScalars.last == "\n" ? "" : "\n"
        return contents + gap + text
    }
}
