// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeLint
import HakubeTestSupport
import Testing

/// docs/lint.md has a line for every rule, and no other.
@Suite struct DocumentationTests {
    @Test func `every rule stands in the documentation, with its severity`() throws {
        let text = try String(contentsOf: Checkout.root.appending(path: "docs/lint.md"), encoding: .utf8)
        let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { row in
            row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
        let told = rows.filter { $0.count == 5 }.map { "\($0[0]) \($0[1])" }
        #expect(told.sorted() == Rule.allCases.map { "`\($0.rawValue)` \($0.severity.rawValue)" }.sorted())
    }
}
