// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeGuardian
import Testing

struct JSONTests {
    @Test func `a document survives writing and reading`() throws {
        let value = JSONValue.object([
            .init("text", .string("a \"quoted\" \\ line\n\tend\u{1}, ümlaut 🙂")), .init("number", .number(-42)),
            .init("list", .array([.null, .bool(true), .bool(false), .array([]), .object([])])),
        ])
        #expect(try JSONValue(parsing: Array(value.text().utf8)) == value)
    }

    @Test func `escapes are understood`() throws {
        let text = #""\u00fc\ud83d\ude42\/\b\f\r""#
        #expect(try JSONValue(parsing: Array(text.utf8)) == .string("ü🙂/\u{8}\u{c}\r"))
    }

    @Test(arguments: [
        ("", "the document ends too early"), ("{} x", "text after the end of the document"),
        (#"{"a": 1, "a": 2}"#, "\"a\" stands there twice"), ("{\"a\" 1}", "expected a colon after \"a\""),
        ("[1 2]", "expected a comma or ]"), (#"{"a": 1"#, "expected a comma or }"),
        ("[1.5]", "expected a whole number"),
        ("[01]", "expected a whole number"), ("[-]", "expected a whole number"), ("[1e3]", "expected a whole number"),
        ("[99999999999999999999]", "expected a whole number"), ("\"abc", "a string without its closing quote"),
        ("\"\u{1}\"", "a control character inside a string"), (#""\x""#, "an unknown escape in a string"),
        (#""\ud83d""#, "half of a surrogate pair"), (#""\u12g4""#, "\\u needs four hexadecimal digits"),
        ("tru", "expected a value"), ("[1,]", "expected a value"), ("{,}", "expected a name in double quotes"),
    ])
    func `what is not strict JSON is refused`(text: String, problem: String) {
        #expect(throws: JSONValue.SyntaxError(line: 1, problem: problem)) {
            try JSONValue(parsing: Array(text.utf8))
        }
    }

    @Test func `a problem has the line it stands in`() {
        #expect(throws: JSONValue.SyntaxError(line: 3, problem: "expected a value")) {
            try JSONValue(parsing: Array("{\n\"a\":\n?}".utf8))
        }
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        #expect(throws: JSONValue.SyntaxError(line: 1, problem: "text is not UTF-8")) {
            try JSONValue(parsing: [0x22, 0xff, 0x22])
        }
    }

    @Test func `nesting ends before the stack does`() {
        let text = String(repeating: "[", count: 100_000)
        #expect(throws: JSONValue.SyntaxError(line: 1, problem: "nested more than 16 levels deep")) {
            try JSONValue(parsing: Array(text.utf8))
        }
    }
}
