// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCourier

/// A mutex with one condition. Its clock is the monotonic one: an operator's `date` must not stretch a deadline.
final class Monitor {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func lock() { pthread_mutex_lock(mutex) }

    func unlock() { pthread_mutex_unlock(mutex) }

    /// Wakes everybody who waits.
    func ring() { pthread_cond_broadcast(condition) }

    /// The lock is held before and after, not meanwhile.
    func wait() { pthread_cond_wait(condition, mutex) }

    /// - Returns: false when the time is over.
    func wait(until deadline: Instant) -> Bool {
        var time = timespec(
            tv_sec: Int(deadline.milliseconds / 1000), tv_nsec: Int(deadline.milliseconds % 1000) * 1_000_000)
        return pthread_cond_timedwait(condition, mutex, &time) == 0
    }
}

/// A moment on the monotonic clock.
struct Instant {
    let milliseconds: UInt64

    static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(milliseconds: UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000)
    }

    func adding(_ count: UInt64) -> Instant { Instant(milliseconds: milliseconds + count) }

    /// What is left until then, 0 when it is over; for poll(2).
    var remaining: Int32 {
        let now = Instant.now.milliseconds
        return now >= milliseconds ? 0 : Int32(truncatingIfNeeded: min(milliseconds - now, 60_000))
    }
}

/// A thread that nobody waits for: the end of the program is the end of all of them.
enum Thread {
    private final class Body {
        let run: () -> Void

        init(_ run: @escaping () -> Void) { self.run = run }
    }

    /// - Returns: false when the host has no room for one more.
    static func start(_ run: @escaping () -> Void) -> Bool {
        let body = Unmanaged.passRetained(Body(run))
        let status = courier_start_thread(
            { context in
                if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, body.toOpaque())
        if status != 0 { body.release() }
        return status == 0
    }
}
