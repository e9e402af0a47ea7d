// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CNetlink
import Glibc

/// What a descriptor is ready for, in epoll's bits.
struct Readiness: OptionSet {
    let rawValue: UInt32
    static let read = Readiness(rawValue: EPOLLIN.rawValue)
    static let write = Readiness(rawValue: EPOLLOUT.rawValue)
    static let error = Readiness(rawValue: EPOLLERR.rawValue)
    static let hangUp = Readiness(rawValue: EPOLLHUP.rawValue)
    /// The other side has ended its half.
    static let readEnd = Readiness(rawValue: EPOLLRDHUP.rawValue)
    /// Tell changes only.
    static let edge = Readiness(rawValue: EPOLLET.rawValue)
}

/// epoll, timers and work put off, on one thread. Everything the guardian does happens in a handler of this loop.
final class EventLoop {
    typealias Handler = (Readiness) -> Void

    struct Watch: Hashable {
        fileprivate let id: UInt64
        let descriptor: Int32
    }

    private let epoll: Int32
    private var handlers: [UInt64: Handler] = [:]
    private var timers = TimerHeap()
    private var soon: [() -> Void] = []
    private var lastID: UInt64 = 0
    private var isStopped = false
    /// The time of the current turn.
    private(set) var now = Instant.now
    /// How late this turn began, in milliseconds: high when the machine or the guardian itself stalled.
    private(set) var lateness: Int64 = 0

    init() {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        precondition(epoll >= 0, "the kernel gives no epoll instance")
    }

    deinit { close(epoll) }

    /// Calls the handler whenever the descriptor is ready. A new identity each time, because one turn may close a
    /// descriptor and get its number again while events of the old one are still in hand.
    func watch(_ descriptor: Int32, for readiness: Readiness, _ handler: @escaping Handler) -> Watch {
        lastID += 1
        handlers[lastID] = handler
        control(EPOLL_CTL_ADD, descriptor, readiness, lastID)
        return Watch(id: lastID, descriptor: descriptor)
    }

    func change(_ watch: Watch, to readiness: Readiness) {
        control(EPOLL_CTL_MOD, watch.descriptor, readiness, watch.id)
    }

    /// To be called before the descriptor is closed.
    func end(_ watch: Watch) {
        handlers[watch.id] = nil
        control(EPOLL_CTL_DEL, watch.descriptor, [], watch.id)
    }

    @discardableResult
    func after(_ milliseconds: Int64, _ handler: @escaping () -> Void) -> TimerHeap.ID {
        timers.add(at: Instant.now.advanced(by: milliseconds), handler)
    }

    func cancel(_ timer: TimerHeap.ID) { timers.cancel(timer) }

    /// Runs the work in the next turn, after other descriptors have had theirs.
    func soon(_ work: @escaping () -> Void) { soon.append(work) }

    func stop() { isStopped = true }

    func run() {
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        while !isStopped {
            let deadline = soon.isEmpty ? timers.next() : now
            let wait = deadline.map { max(0, ($0.nanoseconds - Instant.now.nanoseconds + 999_999) / 1_000_000) } ?? -1
            let count = epoll_wait(epoll, &events, Int32(events.count), Int32(clamping: wait))
            now = .now
            lateness = deadline.map { max(0, now.milliseconds(since: $0)) } ?? 0
            for event in events.prefix(Int(max(0, count))) where !isStopped {
                handlers[event.data.u64]?(Readiness(rawValue: event.events))
            }
            while !isStopped, let handler = timers.popDue(at: now) { handler() }
            let work = soon
            soon = []
            for item in work where !isStopped { item() }
        }
    }

    private func control(_ operation: Int32, _ descriptor: Int32, _ readiness: Readiness, _ id: UInt64) {
        var event = epoll_event()
        event.events = readiness.rawValue
        event.data.u64 = id
        _ = epoll_ctl(epoll, operation, descriptor, &event)
    }
}
