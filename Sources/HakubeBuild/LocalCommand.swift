// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import Glibc
import HakubeBundle

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
        var status: Int32 = 0
        do {
            while true {
                let found = waitpid(process, &status, WNOHANG)
                if found == process { break }
                guard found == 0 || errno == EINTR else {
                    throw BundleError(
                        arguments[0], "nobody can say how it ended: \(String(cString: strerror(errno)))", "build again")
                }
                if let limit, ContinuousClock.now - began > limit {
                    throw BundleError(
                        arguments[0], "has not ended after \(limit.components.seconds) s", "run it by hand and see why")
                }
                try await Task.sleep(for: .milliseconds(20))
            }
        } catch {
            kill(-process, SIGTERM)
            while waitpid(process, &status, 0) < 0 && errno == EINTR {}
            throw error
        }
        let ended = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + status & 0x7f
        return Ended(status: ended, output: output.flatMap { LocalFile.text($0, limit: 1 << 20) } ?? "")
    }

    /// A program that was just written is busy as long as any fork in between still holds the descriptor it was written
    /// through (Go's issue 22315 tells the whole story); that passes.
    private func start(output: String?) async throws -> pid_t {
        for _ in 0..<100 {
            let (process, code) = spawn(output: output)
            if code == 0 { return process }
            guard code == ETXTBSY else {
                throw BundleError(
                    arguments[0], "does not start: \(String(cString: strerror(code)))",
                    "see that this machine can run it")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw BundleError(arguments[0], "does not start: somebody writes to it", "build again")
    }

    private func spawn(output: String?) -> (pid_t, code: Int32) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        if let output {
            posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
            posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        } else {
            posix_spawn_file_actions_adddup2(&actions, 2, 1)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // hakube ignores some signals and its threads block others; a program must not inherit either.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var usual = sigset_t()
        sigemptyset(&usual)
        for number in [SIGINT, SIGTERM, SIGPIPE] { sigaddset(&usual, number) }
        posix_spawnattr_setsigdefault(&attributes, &usual)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        let argv = arguments.map { strdup($0) } + [nil]
        let envp = environment.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var process: pid_t = 0
        let code = posix_spawn(&process, arguments[0], &actions, &attributes, argv, envp)
        return (process, code)
    }
}
