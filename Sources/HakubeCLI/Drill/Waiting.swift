// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine

extension Pace {
    /// Waits until `condition` holds, looking fifty times a second.
    ///
    /// - Returns: false when the time was over before.
    /// - Throws: `CancellationError`.
    func until(_ limit: Duration, _ condition: () -> Bool) async throws -> Bool {
        let end = now() + limit
        while !condition() {
            guard now() < end else { return false }
            try await pause(.milliseconds(20))
        }
        return true
    }
}
