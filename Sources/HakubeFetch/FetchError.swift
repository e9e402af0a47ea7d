// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// What could not be fetched. Every problem's place is the URL or the image.
package struct FetchError: Error, Sendable, Hashable, CustomStringConvertible {
    package let problems: [Problem]

    package init(problems: [Problem]) { self.problems = problems }

    package init(_ place: String, _ message: String, _ remedy: String) {
        self.init(problems: [Problem(place: place, message: message, remedy: remedy)])
    }

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
