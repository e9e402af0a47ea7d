// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser

/// A length of time as people write it: 20s, 2m, or seconds alone.
struct TimeSpan: Sendable, Hashable, ExpressibleByArgument {
    let duration: Duration

    init(_ duration: Duration) { self.duration = duration }

    init?(argument: String) {
        var digits = argument[...]
        let factor = digits.hasSuffix("m") ? 60 : 1
        if digits.hasSuffix("m") || digits.hasSuffix("s") { digits = digits.dropLast() }
        guard let number = Int(digits), (1...86_400).contains(number), digits.allSatisfy(\.isNumber) else { return nil }
        duration = .seconds(number * factor)
    }

    var defaultValueDescription: String {
        let seconds = Int(duration / .seconds(1))
        return seconds.isMultiple(of: 60) ? "\(seconds / 60)m" : "\(seconds)s"
    }
}
