// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTransport
import Synchronization

/// A script under way, ended when one of its parts outruns its own time.
final class WatchedRun: Sendable {
    /// How often the limit is looked at: it may have come nearer meanwhile.
    private static let interval = Duration.seconds(1)

    private struct Watch {
        var deadline: ContinuousClock.Instant
        var limit: Duration
        var isOverrun = false
    }

    let lines: AsyncStream<OutputLine>
    private let peer: String
    private let watch: Mutex<Watch>
    private let task: Task<ScriptOutput, any Error>

    init(_ script: Script, on transport: any Transport, of peer: String, limit: Duration) {
        let (lines, feed) = AsyncStream.makeStream(of: OutputLine.self)
        self.lines = lines
        self.peer = peer
        watch = Mutex(Watch(deadline: .now + limit, limit: limit))
        task = Task {
            defer { feed.finish() }
            return try await transport.run(script) { feed.yield($0) }
        }
    }

    /// The next part has begun, and may take so long.
    func allow(_ limit: Duration) {
        watch.withLock { watch in
            (watch.deadline, watch.limit) = (.now + limit, limit)
        }
    }

    /// Ends the script at its deadline; returns then, or when the caller is cancelled.
    func guardDeadline() async {
        while true {
            let (deadline, isOver) = watch.withLock { watch in
                watch.isOverrun = watch.isOverrun || watch.deadline <= .now
                return (watch.deadline, watch.isOverrun)
            }
            if isOver { return task.cancel() }
            let next = min(deadline, .now + Self.interval)
            guard (try? await Task.sleep(until: next, clock: .continuous)) != nil else { return }
        }
    }

    /// How the script ended.
    ///
    /// - Throws: as `Transport.run`; `TransportError` (.timeout) for a part that outran its time.
    func output() async throws -> ScriptOutput {
        do {
            return try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
        } catch is CancellationError {
            let (isOverrun, limit) = watch.withLock { ($0.isOverrun, $0.limit) }
            guard isOverrun, !Task.isCancelled else { throw CancellationError() }
            throw TransportError(
                .timeout, peer: peer,
                message: "the script did not end within \(limit.components.seconds) s and was stopped",
                remedy: "look at the host for what it waits for, then run the same command again")
        }
    }
}
