// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeLint

/// Findings for people: a line that says where and what, then the sentence and what to do.
struct LintText {
    let findings: [Finding]
    /// How many files were looked at.
    let files: Int

    /// Places wider than this move the rest of their line to the right.
    private static let widestPlace = 44

    var lines: [String] {
        let places = findings.map { "\($0.file):\($0.line)" }
        let width = min(Self.widestPlace, places.map(TerminalText.width).max() ?? 0)
        let told = zip(findings, places).flatMap { finding, place in
            let severity = TerminalText.padded(finding.severity.rawValue, to: 7)
            let head = "\(TerminalText.padded(place, to: width))  \(severity)  \(finding.rule.rawValue)"
            return [TerminalText.printable(head)] + paragraph(finding.message) + paragraph("to do: \(finding.remedy)")
        }
        return told + [sum]
    }

    private func paragraph(_ text: String) -> [String] {
        RunWords.broken("    \(TerminalText.printable(text))", "    ", RunBoard.widest)
    }

    private var sum: String {
        func count(_ number: Int, _ word: String) -> String { "\(number) \(word)\(number == 1 ? "" : "s")" }
        let looked = count(files, "file")
        guard !findings.isEmpty else { return "nothing found in \(looked)" }
        let parts = Severity.allCases.compactMap { severity in
            let number = findings.count { $0.severity == severity }
            return number == 0 ? nil : count(number, severity.rawValue)
        }
        return "\(parts.joined(separator: " and ")) in \(looked)"
    }
}
