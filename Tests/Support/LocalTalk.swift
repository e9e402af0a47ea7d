// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
package import HakubeTransport
import Synchronization

/// A script that talks, run by a shell of this machine as a host's would run it.
package final class LocalTalk: FakePartner {
    private struct State {
        var lines: [OutputLine] = []
        var rest: [OutputLine.Stream: [UInt8]] = [:]
        /// Streams that are still read.
        var open = 2
        var status: Int32?
        var bell: Bell?
        var input: Int32

        mutating func add(_ bytes: ArraySlice<UInt8>, to stream: OutputLine.Stream) {
            var parts = (rest[stream, default: []] + bytes).split(
                separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            rest[stream] = Array(parts.removeLast())
            lines += parts.map { OutputLine(stream, String(decoding: $0, as: UTF8.self)) }
        }
    }

    private let process: pid_t
    private let state: Mutex<State>

    package init(_ script: String, environment: [String: String] = [:]) throws {
        let (input, output, error) = (
            try LocalProgram.makePipe(), try LocalProgram.makePipe(), try LocalProgram.makePipe()
        )
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input.read, 0)
        posix_spawn_file_actions_adddup2(&actions, output.write, 1)
        posix_spawn_file_actions_adddup2(&actions, error.write, 2)
        process = try LocalProgram.spawn(
            ["/bin/sh", "-c", script],
            ["PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"].merging(environment) { $1 }, &actions)
        for end in [input.read, output.write, error.write] { close(end) }
        state = Mutex(State(input: input.write))
        watch(output.read, .out)
        watch(error.read, .err)
    }

    private func watch(_ descriptor: Int32, _ stream: OutputLine.Stream) {
        Thread.detachNewThread { [self] in
            var buffer = [UInt8](repeating: 0, count: 65536)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                guard count > 0 else { break }
                let bytes = buffer.prefix(count)
                tell { $0.add(bytes, to: stream) }
            }
            close(descriptor)
            let isLast = state.withLock { state in
                state.open -= 1
                return state.open == 0
            }
            guard isLast else { return }
            let status = LocalProgram.wait(for: process)
            tell { $0.status = status }
        }
    }

    private func tell(_ change: (inout State) -> Void) {
        let bell = state.withLock { state in
            change(&state)
            return state.bell
        }
        bell?.ring()
    }

    package func begin(_ bell: Bell) { state.withLock { $0.bell = bell } }

    package func take(_ bytes: [UInt8]) {
        let input = state.withLock { $0.input }
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes {
                // The shell may be gone, and a signal would end all tests.
                send(input, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            done += count
        }
    }

    package func say() -> [OutputLine] {
        state.withLock { state in
            defer { state.lines = [] }
            return state.lines
        }
    }

    package func ending(isInputOver: Bool) -> Int? {
        state.withLock { state in
            if isInputOver, state.input >= 0 {
                close(state.input)
                state.input = -1
            }
            return state.status.map(Int.init)
        }
    }

    package func cut() { kill(process, SIGKILL) }
}
