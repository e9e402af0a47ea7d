// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Testing

@testable import HakubeGuardian

struct TimerHeapTests {
    @Test func `timers come in the order of their deadlines`() {
        var heap = TimerHeap()
        var order: [Int64] = []
        var noise = SplitMix(state: 7)
        let deadlines = (0..<500).map { _ in Int64(noise.next() % 10_000) }
        var cancelled: [TimerHeap.ID] = []
        for deadline in deadlines {
            let id = heap.add(at: Instant(nanoseconds: deadline)) { order.append(deadline) }
            if deadline.isMultiple(of: 3) { cancelled.append(id) }
        }
        for id in cancelled { heap.cancel(id) }
        while let handler = heap.popDue(at: Instant(nanoseconds: 5000)) { handler() }
        #expect(order == deadlines.filter { $0 <= 5000 && !$0.isMultiple(of: 3) }.sorted())
        let next = deadlines.filter { $0 > 5000 && !$0.isMultiple(of: 3) }.min()
        #expect(heap.next() == next.map(Instant.init(nanoseconds:)))
    }
}
