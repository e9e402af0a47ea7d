// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Dispatch
import Glibc

/// Turns Ctrl-C and SIGTERM into the cancellation of what runs.
///
/// A second Ctrl-C ends the process at once: what stands on the hosts is finished by the same command.
enum Interrupt {
    /// Runs `body`; cancels it at the first signal.
    static func cancels<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let task = Task { try await body() }
        let sources = [SIGINT, SIGTERM].map { number in
            // The default act would end the process before the dispatch source hears of it.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if task.isCancelled {
                    if isatty(STDOUT_FILENO) == 1 { StandardTerminal().write(TerminalControl.showCursor) }
                    _exit(ExitFamily.interrupted.rawValue)
                }
                task.cancel()
            }
            source.resume()
            return source
        }
        defer { sources.forEach { $0.cancel() } }
        return try await task.value
    }
}
