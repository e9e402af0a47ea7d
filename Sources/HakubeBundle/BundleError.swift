// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc
package import HakubeModel

/// Everything that is wrong with a bundle, or with the folder one is packed from, all at once.
package struct BundleError: Error, Sendable, Hashable, CustomStringConvertible {
    package let problems: [Problem]

    package init(problems: [Problem]) { self.problems = problems }

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Faults as they are found. A bundle of garbage must not fill the screen, so the list ends at a limit.
struct FaultList {
    static let limit = 50

    /// The bundle or folder in question; faults say it before the entry.
    let subject: String
    private(set) var problems: [Problem] = []
    private var dropped = 0

    init(_ subject: String) { self.subject = subject }

    var isEmpty: Bool { problems.isEmpty }

    mutating func add(_ entry: String = "", _ message: String, _ remedy: String) {
        guard problems.count < Self.limit else {
            dropped += 1
            return
        }
        let place = entry.isEmpty ? subject : "\(subject): \(entry)"
        problems.append(Problem(place: Shown.text(place), message: Shown.text(message), remedy: Shown.text(remedy)))
    }

    mutating func add(_ error: BundleError) {
        let room = Self.limit - problems.count
        problems += error.problems.prefix(room)
        dropped += max(0, error.problems.count - room)
    }

    func throwIfAny() throws(BundleError) {
        guard !problems.isEmpty else { return }
        guard dropped > 0 else { throw BundleError(problems: problems) }
        let more = Problem(place: subject, message: "\(dropped) more faults are not listed", remedy: Remedy.again)
        throw BundleError(problems: problems + [more])
    }
}

/// What to do next, where several faults share it.
enum Remedy {
    static let again = "fetch or copy the bundle again, and compare its sha256 with the one at its source"
    static let name = "name a file made by `hakube bundle pack` or `hakube bundle build`"
    static let repack = "pack it again with `hakube bundle pack`"
}

extension BundleError {
    init(_ place: String, _ message: String, _ remedy: String) {
        self.init(problems: [
            Problem(place: Shown.text(place), message: Shown.text(message), remedy: Shown.text(remedy))
        ])
    }

    /// A system call failed; errno is read at once.
    static func system(_ verb: String, _ path: String, code: Int32, remedy: String) -> BundleError {
        BundleError(path, "cannot \(verb): \(String(cString: strerror(code)))", remedy)
    }
}

/// What a file said, as a terminal may see it.
enum Shown {
    /// Enough for two digests and a sentence around them.
    private static let limit = 600

    /// Without what moves the cursor, turns the reading direction or ends the line; and with an end.
    static func text(_ text: String) -> String {
        var shown = ""
        for (number, scalar) in text.unicodeScalars.enumerated() {
            guard number < limit else { return shown + "…" }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse:
                shown += "\\u{\(String(scalar.value, radix: 16))}"
            default: shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }
}
