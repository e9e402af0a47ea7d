// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials

/// The last answer of a chain of redirects.
struct HTTPResponse: Sendable {
    let head: HTTPHead
    /// Where it came from; without user and password.
    let origin: String
    /// Retry-After, whether it is a count of seconds or a date.
    let retryAfter: Duration?
    /// The body of an answer that is not a good one; its begin.
    let errorBody: [UInt8]

    private struct RegistryErrors: Decodable {
        struct Entry: Decodable {
            var code: String?
            var message: String?
        }
        var errors: [Entry]
    }

    /// A registry's own words for what is wrong, one line of them.
    var words: String? {
        guard let answer = try? JSONDecoder().decode(RegistryErrors.self, from: Data(errorBody)),
            let words = answer.errors.first.flatMap({ $0.message ?? $0.code })
        else { return nil }
        let line = words.unicodeScalars.filter { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) }
        return line.isEmpty ? nil : String(String.UnicodeScalarView(line.prefix(200)))
    }
}
