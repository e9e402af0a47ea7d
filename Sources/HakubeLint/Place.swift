// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// A line of a file.
struct Place: Sendable, Hashable, CustomStringConvertible {
    let file: String
    /// Counted from 1.
    let line: Int

    var description: String { "\(file):\(line)" }
}

/// A value and where it was read.
struct Found<Value: Sendable & Hashable>: Sendable, Hashable {
    let value: Value
    let place: Place

    init(_ value: Value, _ place: Place) {
        self.value = value
        self.place = place
    }
}
