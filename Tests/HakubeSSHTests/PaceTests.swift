// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import Glibc
import HakubeTestSupport
import Synchronization
import Testing

@testable import HakubeOpenSSH
@testable import HakubeRemote

@Suite struct PaceTests {
    /// Handshakes that have begun and wait to be let go.
    private final class Held: Sendable {
        private struct State {
            var begun: [String] = []
            var waiting: [CheckedContinuation<Void, Never>] = []
            var isOpen = false
        }
        private let state = Mutex(State())

        var begun: [String] { state.withLock { $0.begun } }

        func hold(_ name: String) async {
            await withCheckedContinuation { continuation in
                let goes = state.withLock { state in
                    state.begun.append(name)
                    if !state.isOpen { state.waiting.append(continuation) }
                    return state.isOpen
                }
                if goes { continuation.resume() }
            }
        }

        func release() {
            let waiting = state.withLock { state in
                defer { state.waiting = [] }
                state.isOpen = true
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }
    }

    private final class Peak: Sendable {
        private let state = Mutex((now: 0, highest: 0))
        var highest: Int { state.withLock { $0.highest } }
        func add(_ count: Int) {
            state.withLock { state in
                state.now += count
                state.highest = max(state.highest, state.now)
            }
        }
    }

    @Test func `few at a time to one server, and no other server waits for them`() async throws {
        let pace = HandshakePace(perServer: 2, overall: 4)
        let held = Held()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<5 { group.addTask { try await pace.around("busy") { await held.hold("busy") } } }
            while held.begun.count < 2 { await Task.yield() }
            // One after the other: all of them fit beside the two.
            for number in 0..<20 { try await pace.around("other \(number)") {} }
            #expect(held.begun == ["busy", "busy"])
            held.release()
            try await group.waitForAll()
        }
        #expect(held.begun.count == 5)
    }

    @Test func `no more than so many over all servers`() async throws {
        let pace = HandshakePace(perServer: 2, overall: 3)
        let held = Held()
        let peak = Peak()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<12 {
                group.addTask {
                    try await pace.around("server \(number)") {
                        peak.add(1)
                        await held.hold("\(number)")
                        peak.add(-1)
                    }
                }
            }
            while held.begun.count < 3 { await Task.yield() }
            held.release()
            try await group.waitForAll()
        }
        #expect(peak.highest == 3)
    }

    @Test func `the folder of a run goes, and what still runs in it ends, when hakube's end of the line is gone`()
        throws
    {
        let sleeper = try LocalProgram.start(["/bin/sleep", "350"])
        var path = ""
        do {
            let folder = try RunFolder()
            path = folder.path
            let own = folder.next()
            #expect(mkdir(own, 0o700) == 0)
            try "\(sleeper)\n".write(toFile: "\(own)/pid", atomically: false, encoding: .utf8)
            var about = stat()
            #expect(stat(path, &about) == 0 && about.st_mode & 0o777 == 0o700)
        }
        let deadline = ContinuousClock.now + .seconds(30)
        while access(path, F_OK) == 0, ContinuousClock.now < deadline { usleep(10_000) }
        #expect(access(path, F_OK) != 0, "\(path) is still there")
        // Ended by the watcher: without it this would wait for minutes.
        var status: Int32 = 0
        #expect(waitpid(sleeper, &status, 0) == sleeper && status == SIGTERM)
    }
}
