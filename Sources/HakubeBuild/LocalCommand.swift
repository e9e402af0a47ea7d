// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import Glibc
import HakubeBundle
import HakubeProcess

/// A program of this machine that a build needs to its end: the fetched kubeadm, or the sources' script.
struct LocalCommand {
    let arguments: [String]
    let environment: [String: String]

    struct Ended {
        /// 128 + signal for one that was killed.
        let status: Int32
        let output: String
    }

    /// hakube's own, for scripts that the operator named.
    static var ownEnvironment: [String: String] { ProcessInfo.processInfo.environment }

    /// Runs it in a process group of its own, which ends when the time is up or the task is cancelled.
    ///
    /// - Parameters:
    ///   - output: the file that standard output goes to; `nil`: where hakube's own standard error goes.
    ///   - limit: `nil`: as long as it takes.
    /// - Throws: `BundleError` if it does not start or the time is up; `CancellationError`.
    func run(output: String?, limit: Duration?) async throws -> Ended {
        let process = try await start(output: output)
        let began = ContinuousClock.now
        do {
            while !process.hasEnded {
                if let limit, ContinuousClock.now - began > limit {
                    throw BundleError(
                        arguments[0], "has not ended after \(limit.components.seconds) s", "run it by hand and see why")
                }
                try await Task.sleep(for: .milliseconds(20))
            }
        } catch {
            process.signal(SIGTERM)
            _ = process.wait()
            throw error
        }
        return Ended(status: process.wait(), output: output.flatMap { LocalFile.text($0, limit: 1 << 20) } ?? "")
    }

    /// A program that was just written is busy as long as any fork in between still holds the descriptor it was written
    /// through (Go's issue 22315 tells the whole story); that passes.
    private func start(output: String?) async throws -> LocalProcess {
        for _ in 0..<100 {
            let (process, code) = LocalProcess.start(
                arguments, environment: environment, output: output.map { .file($0) } ?? .standardError)
            if let process { return process }
            guard code == ETXTBSY else {
                throw BundleError(
                    arguments[0], "does not start: \(String(cString: strerror(code)))",
                    "see that this machine can run it")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw BundleError(arguments[0], "does not start: somebody writes to it", "build again")
    }
}
