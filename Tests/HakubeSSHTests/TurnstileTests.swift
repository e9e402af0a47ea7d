// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeTestSupport
import HakubeTransport
import Synchronization
import Testing

@Suite struct TurnstileTests {
    @Test func `no more are inside than its width`() async throws {
        let turnstile = Turnstile(width: 2)
        let (inside, gate) = (Mutex((now: 0, most: 0)), Gate())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    try await turnstile.pass {
                        inside.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
                        await gate.pass()
                        inside.withLock { $0.now -= 1 }
                    }
                }
            }
            await gate.arrivals(2)
            await gate.open()
            try await group.waitForAll()
        }
        #expect(inside.withLock { $0.most } == 2)
    }

    @Test func `who is cancelled while waiting leaves the line, and takes nobody's place`() async throws {
        let turnstile = Turnstile(width: 1)
        let (gate, ran) = (Gate(), Mutex<[Int]>([]))
        let first = Task { try await turnstile.pass { await gate.pass() } }
        await gate.arrivals(1)
        let second = Task { try await turnstile.pass { ran.withLock { $0.append(2) } } }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        await gate.open()
        try await first.value
        try await turnstile.pass { ran.withLock { $0.append(3) } }
        #expect(ran.withLock { $0 } == [3])
    }

    @Test func `a place is given back when what went on inside fails`() async throws {
        let turnstile = Turnstile(width: 1)
        struct Failure: Error {}
        await #expect(throws: Failure.self) { try await turnstile.pass { throw Failure() } }
        try await turnstile.pass {}
    }
}
