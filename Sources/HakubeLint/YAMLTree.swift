// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Yams

/// A node of a YAML document that knows its line.
struct YAMLTree: Sendable, Hashable {
    enum Content: Sendable, Hashable {
        /// `isPlain`: without quotes, so that `null` and numbers mean themselves.
        case scalar(String, isPlain: Bool)
        case list([YAMLTree])
        case map([Entry])
    }

    struct Entry: Sendable, Hashable {
        let key: String
        /// Where the key stands.
        let place: Place
        let value: YAMLTree
    }

    let content: Content
    let place: Place

    init(_ node: Node, in fragment: Fragment) {
        place = fragment.place(node.mark?.line ?? 1)
        switch node {
        case .scalar(let scalar): content = .scalar(scalar.string, isPlain: scalar.style == .plain)
        case .alias: content = .scalar("", isPlain: true)
        case .sequence(let items): content = .list(items.map { YAMLTree($0, in: fragment) })
        case .mapping(let mapping):
            content = .map(
                mapping.compactMap { key, value in
                    let name = key.scalar?.string ?? ""
                    if name.hasPrefix(YAMLReading.renamed) { return nil }
                    return Entry(
                        key: name, place: fragment.place(key.mark?.line ?? 1), value: YAMLTree(value, in: fragment))
                })
        }
    }

    subscript(key: String) -> YAMLTree? { entries.last { $0.key == key }?.value }

    /// The node at keys with dots between them.
    func at(_ path: String) -> YAMLTree? {
        path.split(separator: ".").reduce(self as YAMLTree?) { $0?[String($1)] }
    }

    func entry(_ key: String) -> Entry? { entries.last { $0.key == key } }

    var entries: [Entry] { if case .map(let entries) = content { entries } else { [] } }
    var items: [YAMLTree] { if case .list(let items) = content { items } else { [] } }

    /// A single value as written; `nil` for maps, lists and nothing.
    var text: String? {
        guard case .scalar(let text, _) = content, !isNull else { return nil }
        return text
    }

    var isNull: Bool {
        guard case .scalar(let text, true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    var found: Found<String>? { text.map { Found($0, place) } }
    /// The single values of a list.
    var texts: [Found<String>] { items.compactMap(\.found) }

    /// Arguments of a component: a map, or since v1beta4 a list of names and values.
    func argument(_ name: String) -> Found<String>? {
        if let value = self[name]?.found { return value }
        return items.last { $0["name"]?.text == name }?["value"]?.found
    }
}

/// The documents of a YAML text, and what keeps it from being read.
struct YAMLReading: Sendable {
    private(set) var documents: [YAMLTree] = []
    private(set) var faults: [(rule: Rule, place: Place, message: String)] = []

    /// The parser stops at the first key that stands twice; it is renamed and the text read again.
    static let renamed = "hakube-lint-second-"

    init(_ fragment: Fragment) {
        var text = fragment.text
        for _ in 0..<50 {
            documents = []
            do {
                var roots = try Yams.compose_all(yaml: text)
                while let root = roots.next() {
                    let tree = YAMLTree(root, in: fragment)
                    if !tree.isNull { documents.append(tree) }
                }
                if let error = roots.error { throw error }
                return
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                let names = keys.map { "`\($0)`" }.joined(separator: ", ")
                faults.append(
                    (.yamlKeyTwice, fragment.place(context.mark.line), "\(names) stands twice in one map"))
                guard let next = Self.renaming(text, at: context.mark) else { return }
                text = next
            } catch {
                faults.append(Self.fault(error, fragment))
                return
            }
        }
    }

    private static func fault(_ error: any Error, _ fragment: Fragment) -> (Rule, Place, String) {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            (.yamlBroken, fragment.place(mark.line), "the YAML cannot be read: \(problem)")
        default: (.yamlBroken, fragment.place(1), "the YAML cannot be read: it holds a character that no text has")
        }
    }

    private static func renaming(_ text: String, at mark: Mark) -> String? {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.indices.contains(mark.line - 1) else { return nil }
        let scalars = lines[mark.line - 1].unicodeScalars
        guard
            let index = scalars.index(scalars.startIndex, offsetBy: mark.column - 1, limitedBy: scalars.endIndex),
            index < scalars.endIndex, scalars[index].properties.isAlphabetic
        else { return nil }
        lines[mark.line - 1].insert(contentsOf: renamed, at: index)
        return lines.joined(separator: "\n")
    }
}
