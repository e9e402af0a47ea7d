// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// What a field of a configuration holds.
struct KubeadmField: Sendable, Hashable {
    enum Form: Sendable, Hashable {
        case value
        case list
        /// A map whose keys are free.
        case freeMap
        case map([KubeadmField])
        /// A list of maps.
        case maps([KubeadmField])
    }

    let name: String
    let form: Form
    /// The first and the last minor release of Kubernetes 1 that has it; `nil`: all.
    let since: Int?
    let until: Int?

    /// Reads the short form of `KubeadmFields`.
    static func parse(_ text: String) -> [KubeadmField] {
        var characters = Array(text)[...]
        return fields(&characters)
    }

    private static func fields(_ rest: inout ArraySlice<Character>) -> [KubeadmField] {
        var found: [KubeadmField] = []
        while let character = rest.first {
            if character == "}" || character == "]" { break }
            if character.isWhitespace {
                rest.removeFirst()
                continue
            }
            found.append(field(&rest))
        }
        return found
    }

    private static func field(_ rest: inout ArraySlice<Character>) -> KubeadmField {
        let name = take(&rest) { $0.isLetter || $0.isNumber }
        var since: Int?
        var until: Int?
        if rest.first == ">" {
            rest.removeFirst()
            since = Int(take(&rest, while: \.isNumber))
        }
        if rest.first == "<" {
            rest.removeFirst()
            until = Int(take(&rest, while: \.isNumber))
        }
        var form = Form.value
        let mark = rest.first
        if let mark, "*%{[".contains(mark) { rest.removeFirst() }
        switch mark {
        case "*": form = .list
        case "%": form = .freeMap
        case "{": form = .map(fields(&rest))
        case "[": form = .maps(fields(&rest))
        default: break
        }
        // The closing bracket.
        if mark == "{" || mark == "[" { _ = rest.popFirst() }
        return KubeadmField(name: name, form: form, since: since, until: until)
    }

    private static func take(_ rest: inout ArraySlice<Character>, while wanted: (Character) -> Bool) -> String {
        let text = rest.prefix(while: wanted)
        rest = rest.dropFirst(text.count)
        return String(text)
    }
}
