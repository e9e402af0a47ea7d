// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

extension JSONValue {
    /// Reads one document of UTF-8 text.
    /// - Throws: `SyntaxError` with the line of the first problem.
    package init(parsing bytes: [UInt8]) throws(SyntaxError) {
        var reader = JSONReader(bytes: bytes)
        self = try reader.document()
    }
}

private struct JSONReader {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(JSONValue.SyntaxError) -> JSONValue {
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw error("text after the end of the document") }
        return value
    }

    private mutating func value(depth: Int) throws(JSONValue.SyntaxError) -> JSONValue {
        guard depth < 16 else { throw error("nested more than 16 levels deep") }
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), .some(48...57): return try number()
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case nil: throw error("the document ends too early")
        default: throw error("expected a value")
        }
    }

    private mutating func object(depth: Int) throws(JSONValue.SyntaxError) -> JSONValue {
        position += 1
        var members: [JSONValue.Member] = []
        if take(UInt8(ascii: "}")) { return .object([]) }
        repeat {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw error("expected a name in double quotes") }
            let name = try string()
            guard !members.contains(where: { $0.name == name }) else { throw error("\"\(name)\" stands there twice") }
            guard take(UInt8(ascii: ":")) else { throw error("expected a colon after \"\(name)\"") }
            members.append(.init(name, try value(depth: depth + 1)))
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw error("expected a comma or }") }
        return .object(members)
    }

    private mutating func array(depth: Int) throws(JSONValue.SyntaxError) -> JSONValue {
        position += 1
        var values: [JSONValue] = []
        if take(UInt8(ascii: "]")) { return .array([]) }
        repeat { values.append(try value(depth: depth + 1)) } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw error("expected a comma or ]") }
        return .array(values)
    }

    private mutating func number() throws(JSONValue.SyntaxError) -> JSONValue {
        let start = position
        if peek == UInt8(ascii: "-") { position += 1 }
        while let byte = peek, (48...57).contains(byte) { position += 1 }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        let leadingZero = digits.count > 1 && digits.hasPrefix("0")
        let fraction = [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(peek)
        guard let number = Int(text), !leadingZero, !fraction else { throw error("expected a whole number") }
        return .number(number)
    }

    private mutating func string() throws(JSONValue.SyntaxError) -> String {
        position += 1
        var content: [UInt8] = []
        while let byte = peek {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: content, as: UTF8.self) else { throw error("text is not UTF-8") }
                return string
            case UInt8(ascii: "\\"): content += try escape()
            case 0..<0x20: throw error("a control character inside a string")
            default: content.append(byte)
            }
        }
        throw error("a string without its closing quote")
    }

    private mutating func escape() throws(JSONValue.SyntaxError) -> [UInt8] {
        guard let byte = peek else { throw error("a string without its closing quote") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "n"): return [0x0a]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "r"): return [0x0d]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0c]
        case UInt8(ascii: "u"): return Array(String(Character(try unicodeEscape())).utf8)
        default: throw error("an unknown escape in a string")
        }
    }

    private mutating func unicodeEscape() throws(JSONValue.SyntaxError) -> Unicode.Scalar {
        let high = try hexadecimal()
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard (0xd800..<0xdc00).contains(high), takeText("\\u") else { throw error("half of a surrogate pair") }
        let low = try hexadecimal()
        guard (0xdc00..<0xe000).contains(low),
            let scalar = Unicode.Scalar(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))
        else { throw error("half of a surrogate pair") }
        return scalar
    }

    private mutating func hexadecimal() throws(JSONValue.SyntaxError) -> UInt32 {
        let digits = bytes[position...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Character(.init($0)).isHexDigit }),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw error("\\u needs four hexadecimal digits") }
        position += 4
        return value
    }

    private mutating func word(_ text: String, _ value: JSONValue) throws(JSONValue.SyntaxError) -> JSONValue {
        guard takeText(text) else { throw error("expected a value") }
        return value
    }

    private mutating func takeText(_ text: String) -> Bool {
        guard bytes[position...].starts(with: text.utf8) else { return false }
        position += text.utf8.count
        return true
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard peek == byte else { return false }
        position += 1
        return true
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = peek, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { position += 1 }
    }

    private func error(_ problem: String) -> JSONValue.SyntaxError {
        let line = 1 + bytes[..<min(position, bytes.count)].count { $0 == 0x0a }
        return JSONValue.SyntaxError(line: line, problem: problem)
    }
}
