// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import Synchronization

/// The same work on many items, on as many threads as the machine has cores.
enum SideBySide {
    /// More would only cost memory: compression keeps some 30 MB a thread, and a disk is the limit long before.
    static let threads = min(4, max(1, ProcessInfo.processInfo.activeProcessorCount))

    private struct State {
        var next = 0
        var failure: (any Error)?
    }

    private final class Queue: Sendable {
        private let items: [Int]
        private let state = Mutex(State())

        init(_ items: [Int]) { self.items = items }

        func next() -> Int? {
            state.withLock { state in
                guard state.failure == nil, state.next < items.count else { return nil }
                state.next += 1
                return items[state.next - 1]
            }
        }

        func fail(_ error: any Error) { state.withLock { $0.failure = $0.failure ?? error } }
        func throwIfFailed() throws { if let failure = state.withLock({ $0.failure }) { throw failure } }
    }

    /// Blocks until all is done. The calling thread waits, reports and watches for the end of its task.
    ///
    /// - Parameters:
    ///   - items: numbers of what is to be done, in this order.
    ///   - watch: called now and then and once at the end, on the calling thread.
    ///   - work: gets the number of its thread and of its item; it has to ask the meter now and then.
    /// - Throws: the first error of `work`, after all threads have ended; `CancellationError`.
    static func run(
        _ items: [Int], meter: SharedMeter, watch: (_ done: Int) -> Void,
        _ work: @escaping @Sendable (_ thread: Int, _ item: Int) throws -> Void
    ) throws {
        let queue = Queue(items)
        let group = DispatchGroup()
        for number in 0..<min(threads, items.count) {
            group.enter()
            Thread.detachNewThread {
                while let item = queue.next() {
                    do { try work(number, item) } catch { queue.fail(error) }
                }
                group.leave()
            }
        }
        while group.wait(timeout: .now() + .milliseconds(50)) == .timedOut {
            watch(meter.count)
            if Task.isCancelled { meter.stop() }
        }
        try queue.throwIfFailed()
        watch(meter.count)
        try Task.checkCancellation()
    }
}
