// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
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
            let entries = mapping.merged.compactMap { key, value -> Entry? in
                let name = key.scalar?.string ?? ""
                // What cannot be merged has no name of its own either.
                let isMerge = name == "<<" && key.scalar?.style == .plain
                guard !isMerge, !name.hasPrefix(YAMLReading.renamed) else { return nil }
                let place = fragment.place(key.mark?.line ?? 1)
                return Entry(key: name, place: place, value: YAMLTree(value, in: fragment))
            }
            content = .map(entries)
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
    private(set) var faults: [Fault] = []

    struct Fault: Sendable, Hashable {
        let rule: Rule
        let place: Place
        let message: String
        let remedy: String
    }

    /// The parser stops at the first key that stands twice; it is renamed and the text read again.
    static let renamed = "hakube-lint-second-"

    /// Several times what the largest file holds without aliases.
    static let mostNodes = 500_000

    init(_ fragment: Fragment) {
        var text = fragment.text
        for _ in 0..<50 {
            documents = []
            var count = YAMLNodeCount(below: Self.mostNodes)
            do {
                var roots = try Yams.compose_all(yaml: text)
                while let root = roots.next() {
                    do throws(YAMLNodeCount.Excess) { try count.add(root) } catch {
                        faults.append(Self.excess(fragment.place(root.mark?.line ?? 1)))
                        return
                    }
                    let tree = YAMLTree(root, in: fragment)
                    if !tree.isNull { documents.append(tree) }
                }
                if let error = roots.error { throw error }
                return
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                let names = keys.map { "`\($0)`" }.joined(separator: ", ")
                let next = Self.renaming(text, at: context.mark)
                let rest = next == nil ? ", and what stands behind it was not checked" : ""
                faults.append(
                    Fault(
                        rule: .yamlKeyTwice, place: fragment.place(context.mark.line),
                        message: "\(names) stands twice in one map\(rest)", remedy: "keep one of the two"))
                guard let next else { return }
                text = next
            } catch {
                faults.append(Self.fault(error, fragment))
                return
            }
        }
    }

    private static func excess(_ place: Place) -> Fault {
        Fault(
            rule: .yamlBroken, place: place,
            message: "the document has more than \(mostNodes) values, most by aliases, and was not checked",
            remedy: "write it without aliases of aliases, or leave it out")
    }

    private static func fault(_ error: any Error, _ fragment: Fragment) -> Fault {
        let (line, problem) =
            switch error {
            case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
                YamlError.composer(_, let problem, let mark, _):
                (mark.line, problem)
            default: (1, "it holds a character that no text has")
            }
        return Fault(
            rule: .yamlBroken, place: fragment.place(line), message: "the YAML cannot be read: \(problem)",
            remedy: "check indentation, colons and quotes here and on the line before")
    }

    private static func renaming(_ text: String, at mark: Mark) -> String? {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.indices.contains(mark.line - 1) else { return nil }
        let scalars = lines[mark.line - 1].unicodeScalars
        guard
            let index = scalars.index(scalars.startIndex, offsetBy: mark.column - 1, limitedBy: scalars.endIndex),
            index < scalars.endIndex
        else { return nil }
        let isQuoted = scalars[index] == "\"" || scalars[index] == "'"
        let sign = scalars[index].properties
        guard isQuoted || sign.isAlphabetic || sign.numericType != nil || "_/.".unicodeScalars.contains(scalars[index])
        else { return nil }
        lines[mark.line - 1].insert(contentsOf: renamed, at: isQuoted ? scalars.index(after: index) : index)
        return lines.joined(separator: "\n")
    }
}
