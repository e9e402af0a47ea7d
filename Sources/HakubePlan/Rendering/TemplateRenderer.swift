// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeTemplates
import Mustache

/// A template and its context do not fit.
package struct TemplateError: Error, Sendable, Hashable {
    package let template: String
    /// Names the template uses and the context has not, sorted; empty when the template itself does not parse.
    package let missing: [String]
}

/// Fills in a template. A name the context lacks is an error, where Mustache by itself would leave a silent hole.
struct TemplateRenderer {
    /// Replacements of the built-in texts by the user's own, by template.
    var overrides: [Template: String] = [:]

    /// Parsed once: a plan for thousands of hosts fills each in as often.
    private static let builtIn: [Template: MustacheTemplate] = {
        let pairs = Template.allCases.map { ($0, try? MustacheTemplate(string: $0.source)) }
        return Dictionary(uniqueKeysWithValues: pairs).compactMapValues { $0 }
    }()

    /// - Throws: `TemplateError`.
    func render(_ template: Template, _ context: [String: Any]) throws -> String {
        let own = overrides[template]
        guard let parsed = own == nil ? Self.builtIn[template] : try? MustacheTemplate(string: own ?? "") else {
            throw TemplateError(template: template.rawValue, missing: [])
        }
        let root = StrictRoot(values: context)
        let text = parsed.render(root)
        guard root.missing.isEmpty else {
            throw TemplateError(template: template.rawValue, missing: root.missing.sorted())
        }
        return text
    }
}

/// The outermost context: it notes each name that nobody knows. Inner contexts are asked first, so only true holes arrive.
private final class StrictRoot: MustacheParent {
    private let values: [String: Any]
    private(set) var missing: Set<String> = []

    init(values: [String: Any]) { self.values = values }

    func child(named name: String) -> Any? {
        if let value = values[name] { return value }
        missing.insert(name)
        return nil
    }
}
