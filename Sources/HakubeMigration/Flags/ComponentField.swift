// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// A field of a component's configuration that takes the place of a flag.
struct ComponentField: Sendable, Hashable {
    enum Form: Character, Sendable {
        case integer = "i"
        case truth = "b"
        case words = "s"
        /// `a,b`
        case list = "l"
        /// `a=1,b=2`
        case map = "m"
        /// `memory.available<300Mi,nodefs.available<10%`
        case thresholds = "t"
        /// `A=true,B=false`
        case gates = "g"
    }

    let path: String
    let form: Form
    let since: Int?
    let goneWith: Int?

    func isIn(_ release: KubernetesVersion) -> Bool {
        (since.map { release.isAtLeast(1, $0) } ?? true) && !(goneWith.map { release.isAtLeast(1, $0) } ?? false)
    }

    /// A flag's text as the field's value; `nil` if it has not the field's form.
    func value(_ text: String) -> YAMLValue? {
        switch form {
        case .integer: return Int(text).map { .plain(String($0)) }
        case .truth: return Self.truth(text)
        case .words: return .string(text)
        case .list: return .list(text.split(separator: ",").map { .string($0.trimmed) })
        case .map: return Self.map(text, separator: "=") { .string($0) }
        case .thresholds: return Self.map(text, separator: "<") { .string($0) }
        case .gates: return Self.map(text, separator: "=", Self.truth)
        }
    }

    private static func truth(_ text: String) -> YAMLValue? {
        ["true", "false"].contains(text.lowercased()) ? .plain(text.lowercased()) : nil
    }

    private static func map(
        _ text: String, separator: Character, _ value: (String) -> YAMLValue?
    ) -> YAMLValue? {
        var pairs: [(key: String, value: YAMLValue)] = []
        for item in text.split(separator: ",") {
            let parts = item.split(separator: separator, maxSplits: 1)
            guard parts.count == 2, let own = value(parts[1].trimmed) else { return nil }
            pairs.append((parts[0].trimmed, own))
        }
        return .map(pairs)
    }

    /// Lines of `flag path form`, with `>22` or `<26` behind where not every release has the field.
    static func table(_ text: String) -> [String: ComponentField] {
        let pairs = text.split(separator: "\n").compactMap { line -> (String, ComponentField)? in
            let words = line.split(separator: " ").map(String.init)
            guard words.count >= 3, let form = words[2].first.flatMap(Form.init) else { return nil }
            let mark = words.count > 3 ? words[3] : ""
            let minor = Int(mark.dropFirst())
            return (
                words[0],
                ComponentField(
                    path: words[1], form: form, since: mark.first == ">" ? minor : nil,
                    goneWith: mark.first == "<" ? minor : nil)
            )
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }
}
