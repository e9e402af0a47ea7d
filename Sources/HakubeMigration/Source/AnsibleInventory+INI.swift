// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

extension AnsibleInventory {
    /// Ansible's INI form. A line of a host is its name and `key=value` words; in `:vars` the rest of a line is the value.
    init(ini text: String) {
        enum Section { case hosts, children, variables }
        var group = "ungrouped"
        var section = Section.hosts
        for (index, raw) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let number = index + 1
            let line = raw.trimmed
            guard let first = line.first, first != "#", first != ";" else { continue }
            // `[fd00::7]:2222` is a host with its port.
            let isHost = line.firstMatch(of: /^\[[^\]]*\]:[0-9]/) != nil
            if first == "[", !isHost {
                let header = line.dropFirst().prefix { $0 != "]" }
                let parts = header.split(separator: ":", maxSplits: 1).map(String.init)
                group = parts.first ?? "ungrouped"
                section = parts.count < 2 ? .hosts : parts[1] == "vars" ? .variables : .children
                touch(group: group)
                continue
            }
            switch section {
            case .children: add(child: Self.bare(line), to: group)
            case .variables:
                guard let equals = line.firstIndex(of: "=") else {
                    refuse(line, line: number)
                    continue
                }
                let key = line[..<equals].trimmed
                let value = line[line.index(after: equals)...].trimmed
                set(Self.entry(key, Self.bare(value), "\(group).vars", number), inGroup: group)
            case .hosts: readHost(line, number, in: group)
            }
        }
    }

    private mutating func readHost(_ line: String, _ number: Int, in group: String) {
        let words = Self.words(line)
        guard let name = words.first else { return }
        for host in add(hosts: name, line: number, to: group) {
            for word in words.dropFirst() {
                guard let equals = word.firstIndex(of: "=") else {
                    refuse(word, line: number)
                    continue
                }
                let value = String(word[word.index(after: equals)...])
                set(Self.entry(String(word[..<equals]), value, host, number), of: host)
            }
        }
    }

    private static func entry(_ key: String, _ value: String, _ place: String, _ line: Int) -> SourceNode.Entry {
        let node = SourceNode(path: "\(place).\(key)", line: line, content: .text(value, quoted: false))
        return SourceNode.Entry(key: key, value: SourceDocuments.literal(node) ?? node)
    }

    /// Without a comment behind it and without quotes around it.
    private static func bare(_ text: String) -> String {
        let isLiteral = ["[", "{"].contains(text.first)
        return words(text).count == 1 && !isLiteral ? words(text)[0] : uncommented(text)
    }

    private static func uncommented(_ text: String) -> String {
        text.firstRange(of: " #").map { text[..<$0.lowerBound].trimmed } ?? text
    }

    /// Words as a shell splits them: blanks part them, quotes hold them together, `#` ends the line.
    private static func words(_ line: String) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in line {
            if let open = quote {
                if character == open { quote = nil } else { word = (word ?? "") + String(character) }
            } else if character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if character.isWhitespace {
                if let done = word { words.append(done) }
                word = nil
            } else if character == "#" && word == nil {
                break
            } else {
                word = (word ?? "") + String(character)
            }
        }
        return words + (word.map { [$0] } ?? [])
    }
}
