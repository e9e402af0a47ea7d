// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeLint
import Testing

/// Every rule fires where its fault stands, and nowhere once the fault is mended.
@Suite struct RuleCaseTests {
    @Test func `every rule has a case`() {
        let covered = Set(RuleCase.all.map(\.rule))
        #expect(Rule.allCases.filter { !covered.contains($0) }.map(\.rawValue) == [])
    }

    @Test(arguments: RuleCase.all)
    func `a rule fires at its fault and at nothing else`(example: RuleCase) {
        let files = example.files.sorted { $0.key < $1.key }.map { LintFile(name: $0.key, text: $0.value) }
        let findings = Linter().findings(in: files)
        let own = findings.filter { $0.rule == example.rule }.map(\.short)
        #expect(own == ["\(example.place) \(example.severity.rawValue) \(example.rule.rawValue)"])
        let others = findings.filter { $0.rule != example.rule && !example.also.contains($0.rule) }.map(\.short)
        #expect(others == [])
        for finding in findings {
            #expect(!finding.message.hasSuffix(".") && !finding.remedy.hasSuffix("."), "\(finding)")
            #expect(!finding.message.contains("Optional("), "\(finding)")
        }
    }

    @Test(arguments: RuleCase.all)
    func `a rule is silent once its fault is mended, and so are all others`(example: RuleCase) {
        var files = example.files
        for (old, new) in example.mending {
            let holders = files.filter { $0.value.contains(old) }
            #expect(!holders.isEmpty, "no file holds \(old)")
            for (name, text) in holders { files[name] = text.replacing(old, with: new) }
        }
        #expect(files != example.files)
        #expect(LintFixture.lint(files) == [])
    }
}
