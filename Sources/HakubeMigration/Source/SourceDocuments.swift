// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
internal import Yams

/// The YAML documents of a file.
enum SourceDocuments {
    /// - Throws: the parser's complaint, with its line.
    static func read(_ text: String, file: String) throws(InventoryError) -> [SourceNode] {
        do {
            guard AliasBounds.areKept(by: text) else { throw YAMLNodeCount.Excess() }
            var found: [SourceNode] = []
            var parser = try Yams.compose_all(yaml: text)
            var count = AliasBounds.nodeCount
            while let root = parser.next() {
                try count.add(root)
                found.append(node(root, path: "", line: root.mark?.line ?? 1))
            }
            if let error = parser.error { throw error }
            return found.filter { !$0.isEmpty }
        } catch {
            throw InventoryError(problems: [problem(error, file)])
        }
    }

    /// A list or map that stands in a text, as Ansible reads Python's literals in an INI file; `nil` if there is none.
    static func literal(_ node: SourceNode) -> SourceNode? {
        var count = AliasBounds.nodeCount
        guard let text = node.text, !node.isTemplate, ["[", "{"].contains(text.first), AliasBounds.areKept(by: text),
            let root = try? Yams.compose(yaml: text), (try? count.add(root)) != nil, isLiteral(root)
        else { return nil }
        return Self.node(root, path: node.path, line: node.line, isOneLine: true)
    }

    /// Python's texts have quotes; what has none, `[fd00::1]` for one, is a text to Ansible as a whole.
    private static func isLiteral(_ node: Node) -> Bool {
        switch node {
        case .mapping(let pairs): pairs.allSatisfy { isLiteral($0.key) && isLiteral($0.value) }
        case .sequence(let items): items.allSatisfy(isLiteral)
        case .scalar(let scalar):
            scalar.style == .singleQuoted || scalar.style == .doubleQuoted || Double(scalar.string) != nil
                || ["true", "false", "none", "null"].contains(scalar.string.lowercased())
        case .alias: false
        }
    }

    /// A key's line stands for its value: what an operator looks for is the key.
    ///
    /// - Parameter isOneLine: everything stands on that line.
    private static func node(_ node: Node, path: String, line: Int, isOneLine: Bool = false) -> SourceNode {
        func place(_ node: Node) -> Int { isOneLine ? line : node.mark?.line ?? line }
        switch node {
        case .mapping(let mapping):
            let entries = mapping.merged.map { key, value in
                let name = key.scalar?.string ?? ""
                let below = path.isEmpty ? name : "\(path).\(name)"
                return SourceNode.Entry(
                    key: name, value: Self.node(value, path: below, line: place(key), isOneLine: isOneLine))
            }
            return SourceNode(path: path, line: line, content: .map(entries))
        case .sequence(let sequence):
            let items = sequence.enumerated().map { index, item in
                Self.node(item, path: "\(path)[\(index)]", line: place(item), isOneLine: isOneLine)
            }
            return SourceNode(path: path, line: line, content: .list(items))
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain || scalar.style == .any
            if isPlain && ["", "~", "null", "Null", "NULL"].contains(scalar.string) {
                return SourceNode(path: path, line: line, content: .nothing)
            }
            let origin = isOneLine ? nil : node.mark.map { SourceNode.Origin(line: $0.line, column: $0.column) }
            return SourceNode(
                path: path, line: line, content: .text(scalar.string, quoted: !isPlain), origin: origin)
        case .alias: return SourceNode(path: path, line: line, content: .nothing)
        }
    }

    private static func problem(_ error: any Error, _ file: String) -> Problem {
        if error is YAMLNodeCount.Excess {
            return Problem(
                place: file, message: "its anchors and aliases make more of it than any tool's file holds",
                remedy: "write it without them")
        }
        let remedy = "mend it as the tool itself would want it"
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return Problem(
                place: "\(file):\(mark.line)", message: "the YAML cannot be read: \(problem)", remedy: remedy)
        case .duplicatedKeysInMapping(let keys, let context):
            let names = keys.map { "`\($0)`" }.joined(separator: ", ")
            return Problem(
                place: "\(file):\(context.mark.line)", message: "\(names) is written twice in one map",
                remedy: "keep one of the two")
        default: return Problem(place: file, message: "the YAML cannot be read: \(error)", remedy: remedy)
        }
    }
}
