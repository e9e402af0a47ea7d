// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation

/// A program run to its end.
struct ProgramRun: Sendable {
    let status: Int32
    let out: String
    let err: String

    /// Runs `path` with `arguments`; standard input is `/dev/null`.
    ///
    /// Output goes through files, so that a program that writes much never waits for a reader.
    static func run(
        _ path: String, _ arguments: [String], environment: [String: String] = [:], timeout: Duration = .seconds(900)
    ) async throws -> ProgramRun {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hakube-run-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        let files = try ["out", "err"].map { name in
            let url = folder.appending(path: name)
            try Data().write(to: url)
            return try FileHandle(forWritingTo: url)
        }
        process.standardOutput = files[0]
        process.standardError = files[1]
        let watchdog = Task {
            try await Task.sleep(for: timeout)
            process.terminate()
        }
        defer { watchdog.cancel() }
        try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in ended.resume() }
            do { try process.run() } catch { ended.resume(throwing: error) }
        }
        let texts = try ["out", "err"].map { try String(contentsOf: folder.appending(path: $0), encoding: .utf8) }
        return ProgramRun(status: process.terminationStatus, out: texts[0], err: texts[1])
    }
}

/// Where this checkout keeps its programs.
enum Checkout {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let hakube = root.appending(path: ".build/release/hakube").path()
    static let labScript = root.appending(path: "lab/lab.sh").path()
}
