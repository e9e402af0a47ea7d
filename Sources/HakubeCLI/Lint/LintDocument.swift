// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeLint

/// A finding for programs: one object a line, under keys that stay.
struct LintDocument: Encodable {
    let file: String
    let line: Int
    let severity: String
    let rule: String
    let message: String
    let remedy: String

    init(_ finding: Finding) {
        file = finding.file
        line = finding.line
        severity = finding.severity.rawValue
        rule = finding.rule.rawValue
        message = finding.message
        remedy = finding.remedy
    }

    /// - Throws: `EncodingError`.
    var text: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }
}
