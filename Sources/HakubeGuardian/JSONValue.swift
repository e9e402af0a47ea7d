// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// A JSON document, for the two small files that the guardian reads and writes. Own code because FoundationEssentials
/// would add 7 MB to a 12 MB program that is copied to every worker. Strict: no duplicate keys, no trailing text, no
/// fractions (nothing the guardian exchanges has any), at most 16 levels.
package enum JSONValue: Sendable, Hashable {
    case object([Member])
    case array([JSONValue])
    case string(String)
    case number(Int)
    case bool(Bool)
    case null

    package struct Member: Sendable, Hashable {
        package let name: String
        package let value: JSONValue
        package init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    package struct SyntaxError: Error, Hashable, CustomStringConvertible {
        package let line: Int
        package let problem: String
        package init(line: Int, problem: String) {
            self.line = line
            self.problem = problem
        }
        package var description: String { "line \(line): \(problem)" }
    }

    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// Members in the order they were given; two spaces a level, so that people can read the file.
    package func text(indent: Int = 0) -> String {
        let outer = String(repeating: "  ", count: indent)
        let inner = outer + "  "
        switch self {
        case .object(let members):
            guard !members.isEmpty else { return "{}" }
            let lines = members.map { inner + Self.quoted($0.name) + ": " + $0.value.text(indent: indent + 1) }
            return "{\n" + lines.joined(separator: ",\n") + "\n" + outer + "}"
        case .array(let values):
            guard !values.isEmpty else { return "[]" }
            let lines = values.map { inner + $0.text(indent: indent + 1) }
            return "[\n" + lines.joined(separator: ",\n") + "\n" + outer + "]"
        case .string(let string): return Self.quoted(string)
        case .number(let number): return String(number)
        case .bool(let bool): return bool ? "true" : "false"
        case .null: return "null"
        }
    }

    /// All on one line, members in the order they were given.
    package var line: String {
        switch self {
        case .object(let members):
            return "{" + members.map { "\(Self.quoted($0.name)):\($0.value.line)" }.joined(separator: ",") + "}"
        case .array(let values): return "[" + values.map(\.line).joined(separator: ",") + "]"
        case .string, .number, .bool, .null: return text()
        }
    }

    private static func quoted(_ string: String) -> String {
        var result = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
