// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation

/// A program that runs while a test does something to it.
package final class RunningProgram: Sendable {
    private let process: pid_t
    private let folder: URL
    private let ending: Task<Int32, Never>

    /// Starts `path`; both streams go to files.
    package init(_ path: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "hakube-running-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process = try ProgramRun.spawn(
            [path] + arguments, variables, out: folder.appending(path: "out").path(),
            err: folder.appending(path: "err").path())
        let process = process
        ending = Task {
            await withCheckedContinuation { ended in
                Thread.detachNewThread { ended.resume(returning: LocalProgram.wait(for: process)) }
            }
        }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    package var out: String { text("out") }
    package var err: String { text("err") }

    private func text(_ name: String) -> String {
        (try? String(contentsOf: folder.appending(path: name), encoding: .utf8)) ?? ""
    }

    /// Waits until it has said something, on either stream.
    ///
    /// - Returns: false when it ended before, or the time is over.
    package func says(_ words: String, within limit: Duration = .seconds(600)) async -> Bool {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            // The state comes first: what it said on its way out counts as well.
            let isOver = kill(process, 0) != 0
            if out.contains(words) || err.contains(words) { return true }
            if isOver { return false }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    package func signal(_ number: Int32) { kill(process, number) }

    /// Exit status, or 128 + signal.
    package func ended() async -> Int32 { await ending.value }
}
