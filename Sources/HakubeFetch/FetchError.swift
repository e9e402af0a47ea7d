// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// What could not be fetched. Every problem's place is the URL or the image.
package struct FetchError: Error, Sendable, Hashable, CustomStringConvertible {
    package let problems: [Problem]
    /// Others would wait for the same server as long and as vainly.
    let stopsOthers: Bool

    package init(problems: [Problem]) { self.init(problems: problems, stopsOthers: false) }

    package init(_ place: String, _ message: String, _ remedy: String) {
        self.init(place, message, remedy, stopsOthers: false)
    }

    init(problems: [Problem], stopsOthers: Bool) {
        self.problems = problems
        self.stopsOthers = stopsOthers
    }

    init(_ place: String, _ message: String, _ remedy: String, stopsOthers: Bool) {
        self.init(
            problems: [Problem(place: place, message: message, remedy: remedy)], stopsOthers: stopsOthers)
    }

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
