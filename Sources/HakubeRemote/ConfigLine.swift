// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// One line of ssh_config(5).
enum ConfigLine {
    /// Keyword and arguments. `Port=22`, `Port = 22` and `Port 22` are the same; double quotes keep blanks together, and
    /// `#` starts a comment only where a word would start.
    static func words(_ line: Substring) -> [String] {
        var words: [String] = []
        var word = ""
        var isOpen = false
        var isQuoted = false
        var seenEquals = false
        func end() {
            if isOpen { words.append(word) }
            word = ""
            isOpen = false
        }
        for character in line {
            switch character {
            case "\"":
                isQuoted.toggle()
                isOpen = true
            case " ", "\t", "\r":
                if isQuoted { word.append(character) } else { end() }
            case "=" where !isQuoted && !seenEquals && words.count + (isOpen ? 1 : 0) == 1:
                end()
                seenEquals = true
            case "#" where !isOpen && !isQuoted:
                return words
            default:
                word.append(character)
                isOpen = true
            }
        }
        end()
        return words
    }
}

/// Host patterns: `*` and `?` as in a shell, `!` in front excludes.
enum HostPattern {
    /// True when a pattern matches and no excluding one does.
    static func matches(_ patterns: [String], _ host: String) -> Bool {
        var found = false
        for pattern in patterns {
            if pattern.hasPrefix("!") {
                if matches(pattern.dropFirst(), host) { return false }
            } else if matches(pattern[...], host) {
                found = true
            }
        }
        return found
    }

    private static func matches(_ pattern: Substring, _ host: String) -> Bool {
        let pattern = Array(pattern.lowercased())
        let host = Array(host.lowercased())
        // Linear matcher: on a mismatch the last star takes one character more.
        var (place, spot) = (0, 0)
        var star: (place: Int, spot: Int)?
        while spot < host.count {
            if place < pattern.count, pattern[place] == "*" {
                star = (place, spot)
                place += 1
            } else if place < pattern.count, pattern[place] == "?" || pattern[place] == host[spot] {
                place += 1
                spot += 1
            } else if let last = star {
                star = (last.place, last.spot + 1)
                place = last.place + 1
                spot = last.spot + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == "*" }
    }
}
