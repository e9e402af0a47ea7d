// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// How bad a finding is.
package enum Severity: String, Sendable, Hashable, CaseIterable {
    /// It does not work, or fails when it is needed.
    case error
    /// It works and is a risk, or depends on what the files do not say.
    case warning
}

/// One fault, where it stands and what to do about it.
package struct Finding: Sendable, Hashable {
    /// As the file was named.
    package let file: String
    /// Counted from 1.
    package let line: Int
    package let severity: Severity
    package let rule: Rule
    /// One sentence without its full stop.
    package let message: String
    package let remedy: String

    package init(file: String, line: Int, severity: Severity, rule: Rule, message: String, remedy: String) {
        self.file = file
        self.line = line
        self.severity = severity
        self.rule = rule
        self.message = message
        self.remedy = remedy
    }
}
