// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// One line of `roles:`. The pattern is a path, an image as images/NAME:TAG or images/NAME, or either ending in `*`.
struct RoleRule: Sendable {
    let pattern: String
    let roles: [Role]
    let line: Int?

    /// How well the rule fits a subject; `nil`: not at all. The closest rule wins, so `images/*` can have exceptions.
    func closeness(to subject: String) -> Int? {
        if pattern == subject { return Int.max }
        if pattern.hasSuffix("*") { return subject.hasPrefix(pattern.dropLast()) ? pattern.utf8.count : nil }
        let isUntagged = pattern.hasPrefix(ImageLayout.folder) && subject.hasPrefix(pattern + ":")
        return isUntagged && !subject.dropFirst(pattern.count + 1).contains("/") ? pattern.utf8.count + 1 : nil
    }
}

extension [RoleRule] {
    /// Where no rule fits, both roles get the subject.
    func roles(for subject: String) -> [String] { roles(forAnyOf: [subject]) }

    /// The same for a subject that has several names.
    func roles(forAnyOf subjects: [String]) -> [String] {
        let fitting = subjects.flatMap { subject in
            compactMap { rule in rule.closeness(to: subject).map { (rule, $0) } }
        }
        return (fitting.max { $0.1 < $1.1 }?.0.roles ?? Role.bundled).map(\.rawValue)
    }
}
