// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CNetlink
import Glibc

/// A point of the monotonic clock.
struct Instant: Comparable, Hashable {
    let nanoseconds: Int64

    static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    var milliseconds: Int64 { nanoseconds / 1_000_000 }

    static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

    func advanced(by milliseconds: Int64) -> Instant { Instant(nanoseconds: nanoseconds + milliseconds * 1_000_000) }

    /// Whole milliseconds from an earlier instant.
    func milliseconds(since earlier: Instant) -> Int64 { (nanoseconds - earlier.nanoseconds) / 1_000_000 }
}

/// Timers in order of their deadlines: a binary heap, in which a cancelled timer stays until its turn comes.
struct TimerHeap {
    typealias Handler = () -> Void
    typealias ID = UInt64

    private struct Entry {
        let deadline: Instant
        let id: ID
    }

    private var heap: [Entry] = []
    private var handlers: [ID: Handler] = [:]
    private var lastID: ID = 0

    mutating func add(at deadline: Instant, _ handler: @escaping Handler) -> ID {
        lastID += 1
        handlers[lastID] = handler
        heap.append(Entry(deadline: deadline, id: lastID))
        var child = heap.count - 1
        while child > 0, heap[child].deadline < heap[(child - 1) / 2].deadline {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
        return lastID
    }

    mutating func cancel(_ id: ID) { handlers[id] = nil }

    /// The next deadline, without those that were cancelled.
    mutating func next() -> Instant? {
        while let first = heap.first, handlers[first.id] == nil { removeFirst() }
        return heap.first?.deadline
    }

    /// Takes the first timer that is due.
    mutating func popDue(at now: Instant) -> Handler? {
        guard let deadline = next(), deadline <= now, let first = heap.first else { return nil }
        removeFirst()
        return handlers.removeValue(forKey: first.id)
    }

    private mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            let children = [2 * parent + 1, 2 * parent + 2].filter { $0 < heap.count }
            guard let child = children.min(by: { heap[$0].deadline < heap[$1].deadline }),
                heap[child].deadline < heap[parent].deadline
            else { return }
            heap.swapAt(child, parent)
            parent = child
        }
    }
}
