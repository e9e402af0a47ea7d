// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeTestSupport
import HakubeTransport
import Synchronization
import Testing

@Suite struct TurnstileTests {
    private final class Crowd: Sendable {
        private let counts = Mutex((now: 0, most: 0))
        var most: Int { counts.withLock { $0.most } }
        func enter() { counts.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) } }
        func leave() { counts.withLock { $0.now -= 1 } }
    }

    @Test func `no more are inside than its width`() async throws {
        let turnstile = Turnstile(width: 2)
        let (crowd, gate) = (Crowd(), Gate())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    try await turnstile.pass {
                        crowd.enter()
                        await gate.pass()
                        crowd.leave()
                    }
                }
            }
            await gate.arrivals(2)
            await gate.open()
            try await group.waitForAll()
        }
        #expect(crowd.most == 2)
    }

    @Test func `who is cancelled while waiting leaves the line, and takes nobody's place`() async throws {
        let turnstile = Turnstile(width: 1)
        let (crowd, gate) = (Crowd(), Gate())
        let first = Task { try await turnstile.pass { await gate.pass() } }
        await gate.arrivals(1)
        let second = Task { try await turnstile.pass { crowd.enter() } }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        await gate.open()
        try await first.value
        try await turnstile.pass {}
        #expect(crowd.most == 0)
    }

    @Test func `a place is given back when what went on inside fails`() async throws {
        let turnstile = Turnstile(width: 1)
        struct Failure: Error {}
        await #expect(throws: Failure.self) { try await turnstile.pass { throw Failure() } }
        try await turnstile.pass {}
    }
}
