// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// A simple command of a shell script.
struct ShellCommand: Sendable, Hashable {
    struct HereDocument: Sendable, Hashable {
        let text: String
        /// The line of the script on which it begins.
        let line: Int
    }

    /// Program and arguments, each with the line it begins on. Variables that the script sets are replaced.
    var words: [Found<String>] = []
    /// Files that the output goes to.
    var outputs: [String] = []
    var input: HereDocument?
    /// Commands with a pipe between them have the same number.
    var pipeline = 0

    var program: String { words.first.map { $0.value.split(separator: "/").last.map(String.init) ?? "" } ?? "" }
    var arguments: [String] { words.dropFirst().map(\.value) }
    var place: Place? { words.first?.place }
}

/// Splits a script into commands the way a shell would, as far as looking for faults needs it: control structures are not
/// followed, substitutions stay as written.
struct ShellScanner {
    enum Item: Sendable, Hashable {
        case command(ShellCommand)
        /// A line that is nothing but a comment, without its `#`s, and how many there were.
        case comment(Found<String>, level: Int)
    }

    private let fragment: Fragment
    private let characters: [Character]
    private var index = 0
    private var line = 1
    private var items: [Item] = []
    private var variables: [String: String] = [:]
    private var command = ShellCommand()
    private var pending: [(marker: String, expands: Bool, stripsTabs: Bool, item: Int?)] = []
    private var isLineStart = true

    static func items(_ fragment: Fragment, text: String) -> [Item] {
        var scanner = ShellScanner(fragment: fragment, characters: Array(text))
        scanner.run()
        return scanner.items
    }

    private init(fragment: Fragment, characters: [Character]) {
        self.fragment = fragment
        self.characters = characters
    }

    private var next: Character? { index < characters.count ? characters[index] : nil }

    private mutating func take() -> Character? {
        guard index < characters.count else { return nil }
        defer { index += 1 }
        if characters[index] == "\n" { line += 1 }
        return characters[index]
    }

    private func follows(_ text: String) -> Bool { characters[index...].starts(with: text) }

    private mutating func run() {
        while let character = next {
            switch character {
            case "\n":
                _ = take()
                endCommand(pipes: false)
                readDocuments()
                isLineStart = true
                continue
            case " ", "\t": _ = take()
            case "#": comment()
            case ";", "&", "(", ")", "|": control(character)
            case ">", "<": redirection()
            default: word()
            }
            if character != " ", character != "\t" { isLineStart = false }
        }
        endCommand(pipes: false)
        readDocuments()
    }

    private mutating func comment() {
        let start = line
        let isWhole = isLineStart
        var text = ""
        while let character = next, character != "\n" {
            text.append(character)
            _ = take()
        }
        guard isWhole else { return }
        items.append(
            .comment(
                Found(text.drop { $0 == "#" }.trimmed, fragment.place(start)), level: text.prefix { $0 == "#" }.count))
    }

    private mutating func control(_ character: Character) {
        _ = take()
        if character == "&", next == ">" {
            redirection()
        } else if character == "|", next != "|" {
            endCommand(pipes: true)
        } else {
            while let more = next, more == character { _ = take() }
            endCommand(pipes: false)
        }
    }

    private mutating func redirection() {
        if follows("<<<") || follows("<(") || follows(">(") || follows(">&") || follows("<&") {
            let duplicates = follows(">&") || follows("<&")
            _ = take()
            while let character = next, "<&".contains(character) { _ = take() }
            while duplicates, let character = next, character.isNumber || character == "-" { _ = take() }
            return
        }
        if follows("<<") {
            _ = take()
            _ = take()
            let stripsTabs = next == "-"
            if stripsTabs { _ = take() }
            skipBlanks()
            let isQuoted = next == "'" || next == "\"" || next == "\\"
            guard let marker = readWord(expands: false), !marker.isEmpty else { return }
            pending.append((marker, !isQuoted, stripsTabs, nil))
            return
        }
        let isOutput = next == ">"
        while let character = next, ">|<".contains(character) { _ = take() }
        skipBlanks()
        guard let target = readWord(expands: true) else { return }
        if isOutput { command.outputs.append(target) }
    }

    private mutating func skipBlanks() {
        while let character = next, character == " " || character == "\t" { _ = take() }
    }

    private mutating func word() {
        let start = line
        let before = index
        guard let text = readWord(expands: true) else {
            if index == before { _ = take() }
            return
        }
        // `2>file`: a number before a redirection belongs to it.
        if text.allSatisfy(\.isNumber), next == ">" || next == "<" { return }
        if command.words.isEmpty {
            // Options of a word that was passed over: `sudo -E`.
            if text.hasPrefix("-") { return }
            if ["do", "then", "else", "if", "while", "until", "!", "{", "}", "sudo", "time", "nohup", "export", "exec"]
                .contains(text)
            {
                return
            }
            if let equal = text.firstIndex(of: "="), text[..<equal].isShellName {
                variables[String(text[..<equal])] = String(text[text.index(after: equal)...])
                return
            }
        }
        command.words.append(Found(text, fragment.place(start)))
    }

    /// `nil` if no word begins here.
    private mutating func readWord(expands: Bool) -> String? {
        var text: String?
        while let character = next {
            switch character {
            case "\n", " ", "\t", ";", "&", "|", "<", ">", "(", ")": return text
            case "\\":
                _ = take()
                if let escaped = take(), escaped != "\n" { text = (text ?? "") + String(escaped) }
                if text == nil, next == "\n" || next == nil || next == " " || next == "\t" { return nil }
            case "'":
                _ = take()
                text = text ?? ""
                while let inner = take(), inner != "'" { text?.append(inner) }
            case "\"":
                _ = take()
                text = (text ?? "") + quoted(expands: expands)
            case "$": text = (text ?? "") + variable(expands: expands)
            case "`":
                _ = take()
                text = (text ?? "") + "`"
                while let inner = take() {
                    text?.append(inner)
                    if inner == "`" { break }
                }
            default: text = (text ?? "") + String(take() ?? character)
            }
        }
        return text
    }

    private mutating func quoted(expands: Bool) -> String {
        var text = ""
        while let character = next, character != "\"" {
            if character == "\\" {
                _ = take()
                if let escaped = take(), escaped != "\n" {
                    text += "\"\\$`".contains(escaped) ? String(escaped) : "\\\(escaped)"
                }
            } else if character == "$" {
                text += variable(expands: expands)
            } else {
                text.append(character)
                _ = take()
            }
        }
        _ = take()
        return text
    }

    /// From a `$` on: the variable's value if the script sets it, else the text as it stands.
    private mutating func variable(expands: Bool) -> String {
        _ = take()
        if next == "(" {
            var depth = 0
            var text = "$"
            while let character = take() {
                text.append(character)
                if character == "(" { depth += 1 }
                if character == ")" { depth -= 1 }
                if depth == 0 { break }
            }
            return text
        }
        let braced = next == "{"
        if braced { _ = take() }
        var name = ""
        while let character = next, character.isLetter || character.isNumber || character == "_" {
            name.append(character)
            _ = take()
        }
        var rest = ""
        if braced {
            while let character = take(), character != "}" { rest.append(character) }
        }
        if expands, rest.isEmpty, let value = variables[name] { return value }
        return braced ? "${\(name)\(rest)}" : "$\(name)"
    }

    private mutating func endCommand(pipes: Bool) {
        defer {
            let pipeline = command.pipeline
            command = ShellCommand()
            command.pipeline = pipes ? pipeline : pipeline + 1
        }
        guard !command.words.isEmpty || !command.outputs.isEmpty else { return }
        items.append(.command(command))
        for position in pending.indices where pending[position].item == nil {
            pending[position].item = items.count - 1
        }
    }

    /// The here-documents of the line that has just ended.
    private mutating func readDocuments() {
        for document in pending {
            let start = line
            var body: [String] = []
            while index < characters.count {
                var text = ""
                while let character = take(), character != "\n" { text.append(character) }
                // Pasted scripts are often indented as a whole.
                if text.trimmed == document.marker { break }
                body.append(document.stripsTabs ? String(text.drop { $0 == "\t" }) : text)
            }
            guard let item = document.item, case .command(var command) = items[item] else { continue }
            let text = body.joined(separator: "\n")
            command.input = .init(text: document.expands ? replaced(text) : text, line: start)
            items[item] = .command(command)
        }
        pending = []
    }

    private func replaced(_ text: String) -> String {
        guard text.contains("$") else { return text }
        var scanner = ShellScanner(fragment: fragment, characters: Array(text))
        scanner.variables = variables
        var result = ""
        while let character = scanner.next {
            if character == "$" {
                result += scanner.variable(expands: true)
            } else {
                result.append(character)
                _ = scanner.take()
            }
        }
        return result
    }
}

extension StringProtocol {
    /// What the name of a variable may look like.
    var isShellName: Bool {
        guard let first, first.isLetter || first == "_" else { return false }
        return allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }
}
