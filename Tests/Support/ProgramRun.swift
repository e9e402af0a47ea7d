// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import Foundation

/// A program run to its end.
package struct ProgramRun: Sendable {
    package let status: Int32
    package let out: String
    package let err: String

    /// Runs `path` with `arguments`; standard input is `/dev/null`. Past the time-out it gets SIGTERM.
    ///
    /// Output goes through files, so that a program that writes much never waits for a reader. By posix_spawn and a thread of
    /// its own: Foundation's Process now and then misses the end of one of many.
    package static func run(
        _ path: String, _ arguments: [String], environment: [String: String] = [:], timeout: Duration = .seconds(900)
    ) async throws -> ProgramRun {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hakube-run-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = ["out", "err"].map { folder.appending(path: $0).path() }
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let process = try spawn([path] + arguments, variables, out: files[0], err: files[1])
        let watchdog = Task {
            try await Task.sleep(for: timeout)
            kill(process, SIGTERM)
        }
        let status = await withCheckedContinuation { ended in
            Thread.detachNewThread { ended.resume(returning: LocalProgram.wait(for: process)) }
        }
        watchdog.cancel()
        let texts = try files.map { try String(contentsOfFile: $0, encoding: .utf8) }
        return ProgramRun(status: status, out: texts[0], err: texts[1])
    }

    static func spawn(
        _ arguments: [String], _ variables: [String: String], out: String, err: String
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, out, O_WRONLY | O_CREAT, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, err, O_WRONLY | O_CREAT, 0o600)
        return try LocalProgram.spawn(arguments, variables, &actions)
    }
}

/// Where this checkout keeps its programs.
package enum Checkout {
    package static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    package static let labScript = root.appending(path: "lab/lab.sh").path()

    /// The `hakube` that was built together with the tests that run.
    package static let hakube = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appending(path: "hakube").path()
}
