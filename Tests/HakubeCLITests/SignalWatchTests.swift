// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc
@testable import HakubeCLI
import HakubeTestSupport
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct SignalWatchTests {
    @Test func `a signal cancels what runs, one body after the other, and again ends all`() async throws {
        let ended = Gate()
        let watch = SignalWatch([SIGUSR1]) { Task { await ended.pass() } }
        for _ in 0..<3 {
            let body = Gate()
            async let result: Bool = watch.cancels {
                await body.pass()
                return Task.isCancelled
            }
            await body.arrivals(1)
            kill(getpid(), SIGUSR1)
            #expect(try await result)
        }
        kill(getpid(), SIGUSR1)
        await ended.arrivals(1)
    }
}
