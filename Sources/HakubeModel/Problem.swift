// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// One thing wrong with what the user wrote, where, and what to write instead.
package struct Problem: Sendable, Hashable, CustomStringConvertible {
    /// Where it stands: `cluster.yaml:12`, `--masters`; empty when it belongs to no place.
    package let place: String
    /// One sentence, what is wrong.
    package let message: String
    /// What to write or do instead, one sentence.
    package let remedy: String

    package init(place: String, message: String, remedy: String) {
        self.place = place
        self.message = message
        self.remedy = remedy
    }

    package var description: String { (place.isEmpty ? "" : "\(place): ") + "\(message); \(remedy)" }
}

/// Everything that is wrong with an inventory, all at once.
package struct InventoryError: Error, Sendable, Hashable {
    package let problems: [Problem]

    package init(problems: [Problem]) { self.problems = problems }
}
