// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation

extension LocalProgram {
    /// Does what waits for programs on a thread of its own. The concurrency pool has few threads, and whoever waits on one of
    /// them lets all other tests wait, too.
    package static func aside<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { done in
            Thread.detachNewThread { done.resume(with: Result { try body() }) }
        }
    }
}
