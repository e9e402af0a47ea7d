// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

internal import Yams

/// Broken YAML, or the tree of one document.
struct InventorySource {
    let file: String
    private(set) var root: Node?
    private(set) var problems: [Problem] = []

    /// The parser stops at the first key that stands twice, so that key is renamed and the text read again.
    private static let duplicate = "hakube-duplicate:"

    init(yaml: String, file: String) {
        self.file = file
        var text = yaml
        for round in 0..<100 {
            do {
                root = try Yams.compose(yaml: text)
                return
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                let marker = "\(Self.duplicate)\(round):"
                guard let renamed = Self.insert(marker, into: text, at: context.mark) else {
                    problems.append(
                        Problem(
                            place: "\(file):\(context.mark.line)",
                            message: "\(keys.map { "`\($0)`" }.joined(separator: ", ")) is written twice in one map",
                            remedy: "keep one of the two"))
                    return
                }
                text = renamed
            } catch {
                problems.append(Self.problem(error, file: file, text: text))
                return
            }
        }
        problems.append(
            Problem(place: file, message: "too many keys are written twice", remedy: "keep each key once in its map"))
    }

    func place(_ node: Node) -> String { node.mark.map { "\(file):\($0.line)" } ?? file }

    /// The key under which this one was first written, if it is a second occurrence renamed by `init`.
    static func original(of key: String) -> String? {
        guard key.hasPrefix(duplicate) else { return nil }
        let rest = key.dropFirst(duplicate.count)
        return rest.firstIndex(of: ":").map { String(rest[rest.index(after: $0)...]) }
    }

    /// A parser's complaint as a problem; `text` is looked at for the commonest cause, a tab.
    static func problem(_ error: any Error, file: String, text: String, lineOffset: Int = 0) -> Problem {
        guard let error = error as? YamlError else {
            return Problem(place: file, message: "the YAML cannot be read: \(error)", remedy: "check the file")
        }
        switch error {
        case .composer(let context?, _, let mark, _) where context.text.contains("single document"):
            return Problem(
                place: "\(file):\(mark.line + lineOffset)", message: "a second YAML document starts here",
                remedy: "keep one document, and put kubeadm's own documents under `kubeadm`")
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            let indent = lines.indices.contains(mark.line - 1) ? lines[mark.line - 1].prefix { $0.isWhitespace } : ""
            return Problem(
                place: "\(file):\(mark.line + lineOffset)", message: "the YAML cannot be read: \(problem)",
                remedy: indent.contains("\t")
                    ? "indent with blanks, YAML takes no tabs"
                    : "check indentation, colons and quotes on this line and the one before")
        case .duplicatedKeysInMapping(let keys, let context):
            return Problem(
                place: "\(file):\(context.mark.line + lineOffset)",
                message: "\(keys.map { "`\($0)`" }.joined(separator: ", ")) is written twice in one map",
                remedy: "keep one of the two")
        default:
            return Problem(
                place: file, message: "the YAML cannot be read: it holds a character that no text file has",
                remedy: "save the file as UTF-8 text")
        }
    }

    /// Columns of a mark count Unicode scalars from 1.
    private static func insert(_ marker: String, into text: String, at mark: Mark) -> String? {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.indices.contains(mark.line - 1) else { return nil }
        let scalars = lines[mark.line - 1].unicodeScalars
        guard
            var index = scalars.index(scalars.startIndex, offsetBy: mark.column - 1, limitedBy: scalars.endIndex),
            index < scalars.endIndex
        else { return nil }
        // Behind an anchor or a tag the marker would swallow it.
        if scalars[index] == "&" || scalars[index] == "!" { return nil }
        if scalars[index] == "\"" || scalars[index] == "'" { index = scalars.index(after: index) }
        lines[mark.line - 1].insert(contentsOf: marker, at: index)
        return lines.joined(separator: "\n")
    }
}

extension Node {
    /// Nothing written, `~` or `null`, without quotes.
    var isNull: Bool {
        guard let scalar, scalar.style == .plain || scalar.style == .any else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }
}
