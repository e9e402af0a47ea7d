// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeLint
import Testing

/// A rule, files in which it fires at one place, and the change after which nothing is found at all.
struct RuleCase: Sendable, CustomTestStringConvertible {
    let rule: Rule
    /// `FILE:LINE`.
    let place: String
    let files: [String: String]
    let mending: [(old: String, new: String)]
    let severity: Severity
    /// Rules that fire at the same fault.
    let also: Set<Rule>

    init(
        _ rule: Rule, at place: String, as severity: Severity? = nil, also: Set<Rule> = [], _ files: [String: String],
        mending: (String, String)...
    ) {
        self.rule = rule
        self.place = place
        self.files = files
        self.mending = mending.map { (old: $0.0, new: $0.1) }
        self.severity = severity ?? rule.severity
        self.also = also
    }

    var testDescription: String { "\(rule.rawValue) at \(place)" }

    static let all: [RuleCase] =
        fileCases + kubeadmCases + endpointCases + nameCases + rangeCases + hostsCases + commandCases + haproxyCases
        + vrrpCases + vrrpGroupCases + kubeVIPCases + serviceCases + rkeCases
}
