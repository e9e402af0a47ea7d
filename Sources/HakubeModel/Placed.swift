// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// A value and the place where the user wrote it: `cluster.yaml:12`, `--masters`.
package struct Placed<Value: Sendable & Hashable>: Sendable, Hashable {
    package let value: Value
    package let place: String

    package init(_ value: Value, _ place: String) {
        self.value = value
        self.place = place
    }
}
