// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import Glibc

/// A program of this machine in a process group of its own.
///
/// Foundation's Process learns of a child's end through a run loop of its own and now and then misses it.
package struct LocalProcess: Sendable {
    package enum Output {
        case file(String)
        /// A descriptor that closes on exec.
        case descriptor(Int32)
        /// Both streams go where hakube's own standard error goes.
        case standardError
        /// Descriptors that close on exec, for what it reads and for both that it writes.
        case streams(input: Int32, output: Int32, error: Int32)
    }

    package let id: pid_t

    /// - Parameter inOwnSession: without a terminal, so that it can ask nobody and hears no Ctrl-C.
    /// - Returns: `nil` and the error number if it does not start.
    package static func start(
        _ arguments: [String], environment: [String: String], output: Output, inOwnSession: Bool = false
    ) -> (process: LocalProcess?, code: Int32) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        switch output {
        case .file(let path):
            posix_spawn_file_actions_addopen(&actions, 1, path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
            posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        case .descriptor(let descriptor):
            posix_spawn_file_actions_adddup2(&actions, descriptor, 1)
            posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        case .standardError: posix_spawn_file_actions_adddup2(&actions, 2, 1)
        case .streams(let input, let output, let error):
            posix_spawn_file_actions_adddup2(&actions, input, 0)
            posix_spawn_file_actions_adddup2(&actions, output, 1)
            posix_spawn_file_actions_adddup2(&actions, error, 2)
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
        let alone = inOwnSession ? LocalProcess.ownSession : Int32(POSIX_SPAWN_SETPGROUP)
        posix_spawnattr_setflags(&attributes, Int16(Int32(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) | alone))
        let argv = arguments.map { strdup($0) } + [nil]
        let envp = environment.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var id: pid_t = 0
        let code = posix_spawn(&id, arguments[0], &actions, &attributes, argv, envp)
        return (code == 0 ? LocalProcess(id: id) : nil, code)
    }

    /// POSIX_SPAWN_SETSID of glibc 2.26 and later, which its header hides from Swift.
    private static let ownSession: Int32 = 0x80

    package func signal(_ number: Int32) { kill(-id, number) }

    /// Exit status, or 128 + signal. To be called once.
    package func wait() -> Int32 {
        // Stays so where nobody can say how it ended.
        var status: Int32 = 255 << 8
        while waitpid(id, &status, 0) < 0 && errno == EINTR {}
        return Self.ended(status)
    }

    /// True from its end on; `wait` then does not wait.
    package var hasEnded: Bool {
        var about = siginfo_t()
        // Without a signal the structure stays as it was while the program runs.
        let code = waitid(P_PID, id_t(id), &about, WEXITED | WNOHANG | WNOWAIT)
        return code != 0 ? errno == ECHILD : about.si_signo == SIGCHLD
    }

    private static func ended(_ status: Int32) -> Int32 {
        status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + status & 0x7f
    }
}
