// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc
import Synchronization

/// Runs an actor's jobs on a thread of its own.
///
/// libssh2 waits in poll(2) for as long as a remote command runs. On the shared pool that would starve every other task
/// of the process, since the pool has one thread a core.
final class ThreadExecutor: SerialExecutor {
    private let queue: JobQueue

    /// - Parameter idleInterval: how long the thread may stand still before it calls the idle handler.
    /// - Throws: `SystemError` when no thread can be made.
    init(idleInterval: Duration) throws {
        queue = try JobQueue(idleInterval: idleInterval)
        try DetachedThread.start { [queue] in queue.serve() }
    }

    deinit { queue.finish() }

    func enqueue(_ job: consuming ExecutorJob) { queue.add(UnownedJob(job), for: self) }

    func checkIsolated() { precondition(queue.isServedByThisThread, "not on the session's thread") }

    /// `handler` runs on this thread, between jobs, each time nothing happened for the idle interval.
    func onIdle(_ handler: @escaping @Sendable () -> Void) { queue.onIdle(handler) }
}

/// What the thread works through. The thread owns it, so it outlives the executor by the last job.
private final class JobQueue: Sendable {
    private struct Entry {
        let job: UnownedJob
        // Keeps the executor alive while a job of its actor waits or runs.
        let executor: ThreadExecutor
    }
    private struct State {
        var entries: [Entry] = []
        var finished = false
        var thread: pthread_t?
        var idle: (@Sendable () -> Void)?
    }
    private enum Turn {
        case run(Entry)
        case wait
        case end
    }

    private let state = Mutex(State())
    private let bell: Wakeup
    private let idleMilliseconds: Int32

    init(idleInterval: Duration) throws {
        bell = try Wakeup()
        idleMilliseconds = Int32(clamping: idleInterval.components.seconds * 1000)
    }

    var isServedByThisThread: Bool {
        state.withLock { state in state.thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
    }

    func add(_ job: UnownedJob, for executor: ThreadExecutor) {
        state.withLock { $0.entries.append(Entry(job: job, executor: executor)) }
        bell.raise()
    }

    func finish() {
        state.withLock { $0.finished = true }
        bell.raise()
    }

    func onIdle(_ handler: @escaping @Sendable () -> Void) { state.withLock { $0.idle = handler } }

    func serve() {
        state.withLock { $0.thread = pthread_self() }
        while true {
            switch next() {
            case .run(let entry): entry.job.runSynchronously(on: entry.executor.asUnownedSerialExecutor())
            case .wait: rest()
            case .end: return
            }
        }
    }

    private func next() -> Turn {
        bell.reset()
        return state.withLock { state in
            if !state.entries.isEmpty { return .run(state.entries.removeFirst()) }
            return state.finished ? .end : .wait
        }
    }

    private func rest() {
        guard !bell.wait(milliseconds: idleMilliseconds) else { return }
        let idle = state.withLock { $0.idle }
        idle?()
    }
}
