// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Synchronization

/// Bytes done by several threads. The thread that waits for them reports, and tells them to stop.
final class SharedMeter: Sendable {
    private let done: Atomic<Int>
    private let isStopped = Atomic(false)

    init(_ done: Int = 0) { self.done = Atomic(done) }

    var count: Int { done.load(ordering: .relaxed) }

    func add(_ count: Int) { done.add(count, ordering: .relaxed) }
    func stop() { isStopped.store(true, ordering: .relaxed) }

    /// - Throws: `CancellationError` when the work shall end.
    func check() throws {
        if isStopped.load(ordering: .relaxed) { throw CancellationError() }
    }
}
