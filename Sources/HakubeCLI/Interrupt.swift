// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Dispatch
import Glibc
import Synchronization

/// Turns Ctrl-C and SIGTERM into the cancellation of what runs.
///
/// A second Ctrl-C ends the process at once: what stands on the hosts is finished by the same command.
enum Interrupt {
    private static let watch = SignalWatch([SIGINT, SIGTERM]) {
        if isatty(STDOUT_FILENO) == 1 { StandardTerminal().write(TerminalControl.showCursor) }
        _exit(ExitFamily.interrupted.rawValue)
    }

    /// Runs `body`; cancels it at the first signal.
    static func cancels<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await watch.cancels(body)
    }
}

/// Hears signals for the whole life of the process.
///
/// libdispatch on Linux hears nothing on a second source for a signal whose first source was cancelled, so there is one
/// source a signal, made once.
final class SignalWatch: Sendable {
    private let bodies = Mutex<[Int: @Sendable () -> Bool]>([:])
    private let giveUp: @Sendable () -> Void

    /// - Parameter giveUp: for a signal that comes when nothing runs, or when what runs was cancelled already.
    init(_ signals: [Int32], giveUp: @escaping @Sendable () -> Void) {
        self.giveUp = giveUp
        for number in signals {
            // The default act would end the process before the dispatch source hears of it.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            // The handler keeps its source: nobody else does.
            source.setEventHandler { withExtendedLifetime(source) { self.hear() } }
            source.resume()
        }
    }

    func cancels<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let task = Task { try await body() }
        let key = bodies.withLock { bodies in
            let key = (bodies.keys.max() ?? 0) + 1
            bodies[key] = {
                defer { task.cancel() }
                return !task.isCancelled
            }
            return key
        }
        defer { bodies.withLock { bodies in bodies[key] = nil } }
        return try await task.value
    }

    private func hear() {
        let cancels = bodies.withLock { Array($0.values) }
        let isNews = cancels.map { $0() }.contains(true)
        if !isNews { giveUp() }
    }
}
