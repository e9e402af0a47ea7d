// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport
import Testing

/// Stands for an API server: a process of its name that runs until it is killed.
final class DrillServer {
    private let process: pid_t
    /// Nobody writes to it.
    private let input: Int32
    private var ended: Int32?

    init(_ place: DrillRoot, _ address: String) async throws {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        try #require(socketpair(AF_UNIX, kind, 0, &ends) == 0)
        input = ends[1]
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        let program = "\(place.path)/bin/kube-apiserver"
        let process = try LocalProgram.spawn(
            [program, "--secure-port=6443", "--advertise-address=\(address)"], ["PATH": "/usr/bin:/bin"], &actions)
        posix_spawn_file_actions_destroy(&actions)
        self.process = process
        close(ends[0])
        // It has its name once it runs.
        try #require(
            await Self.eventually {
                (try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8)) == "kube-apiserver\n"
            })
    }

    deinit {
        close(input)
        guard !hasEnded() else { return }
        kill(process, SIGKILL)
        _ = LocalProgram.wait(for: process)
    }

    var isRunning: Bool { !hasEnded() }

    /// The signal that ended it, waited for; `nil` when it runs on.
    func endedBy() async -> Int32? {
        guard await Self.eventually({ hasEnded() }), let ended else { return nil }
        return ended & 0x7f
    }

    private func hasEnded() -> Bool {
        var status: Int32 = 0
        if ended == nil, waitpid(process, &status, WNOHANG) == process { ended = status }
        return ended != nil
    }

    private static func eventually(_ condition: () -> Bool) async -> Bool {
        let deadline = ContinuousClock.now + .seconds(20)
        while !condition() {
            guard ContinuousClock.now < deadline else { return false }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return true
    }
}
