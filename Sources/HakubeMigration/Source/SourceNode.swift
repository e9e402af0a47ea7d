// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// A value of another tool's file, and the line it stands on.
struct SourceNode: Sendable, Hashable {
    struct Entry: Sendable, Hashable {
        let key: String
        let value: SourceNode
    }

    indirect enum Content: Sendable, Hashable {
        /// Written without a value: it says nothing.
        case nothing
        /// Words, numbers and truth values, as written; in quotes they are words whatever they look like.
        case text(String, quoted: Bool)
        case list([SourceNode])
        /// In the order of the file.
        case map([Entry])
    }

    /// Keys with dots between them, items with their number: `nodes[0].address`.
    let path: String
    let line: Int
    let content: Content
    /// Where a text itself stands: the same for all places that an anchor brings it to.
    var origin: Origin?

    struct Origin: Sendable, Hashable {
        let line: Int
        let column: Int
    }

    var text: String? { if case .text(let text, _) = content { text } else { nil } }

    var items: [SourceNode] { if case .list(let items) = content { items } else { [] } }

    var entries: [Entry] { if case .map(let entries) = content { entries } else { [] } }

    subscript(key: String) -> SourceNode? { entries.first { $0.key == key }?.value }

    /// The value of the first of these keys that is there.
    func first(_ keys: String...) -> SourceNode? { keys.lazy.compactMap { self[$0] }.first }

    /// Nothing is said: no value, an empty text, a list or map of such.
    var isEmpty: Bool {
        switch content {
        case .nothing: true
        case .text(let text, _): text.isEmpty
        case .list(let items): items.allSatisfy(\.isEmpty)
        case .map(let entries): entries.allSatisfy(\.value.isEmpty)
        }
    }

    /// The text unless it is empty.
    var word: String? { text.flatMap { $0.isEmpty ? nil : $0 } }

    /// What Go's YAML takes for a truth value.
    var truth: Bool? {
        switch text?.lowercased() {
        case "true", "yes", "on": true
        case "false", "no", "off": false
        default: nil
        }
    }

    /// The text as an argument of a Go program: a truth value that YAML has many words for becomes `true` or `false`.
    var argument: String? {
        if case .text(_, quoted: false) = content, let truth { return truth ? "true" : "false" }
        return text
    }

    /// A list's texts, or one text with commas.
    var words: [SourceNode] {
        switch content {
        case .list(let items): items
        case .text(let text, let quoted):
            text.split(separator: ",").map {
                SourceNode(path: path, line: line, content: .text($0.trimmed, quoted: quoted), origin: origin)
            }
        default: []
        }
    }

    /// Every value below that says something, this one included.
    var leaves: [SourceNode] {
        switch content {
        case .list(let items): items.flatMap(\.leaves)
        case .map(let entries): entries.flatMap(\.value.leaves)
        default: isEmpty ? [] : [self]
        }
    }
}

extension StringProtocol {
    /// Without blanks at either end.
    var trimmed: String {
        let start = drop { $0.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }
}
