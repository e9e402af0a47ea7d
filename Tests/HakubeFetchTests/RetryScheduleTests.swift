// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

@testable import HakubeFetch
import Testing

@Suite struct RetryScheduleTests {
    private func failure(_ reason: TransferFailure.Reason, pause: Duration? = nil, received: Int = 0) -> TransferFailure
    {
        TransferFailure(reason: reason, message: "m", pause: pause, received: received)
    }

    @Test func `pauses double up to a quarter of a minute, and end with the patience`() {
        var schedule = RetrySchedule(patience: .seconds(60))
        var now = Duration.zero
        var pauses: [Duration] = []
        while case .again(let pause) = schedule.verdict(on: failure(.cut), at: now) {
            pauses.append(pause)
            now += pause
        }
        #expect(pauses == [0.5, 1, 2, 4, 8, 15, 15, 14.5].map { .seconds($0) })
        #expect(schedule.verdict(on: failure(.cut), at: now) == .tooLong(tries: 10))
    }

    @Test func `progress begins the patience anew`() {
        var schedule = RetrySchedule(patience: .seconds(10))
        for minute in 0..<20 {
            let verdict = schedule.verdict(on: failure(.cut, received: 1), at: .seconds(60 * minute))
            #expect(verdict == .again(after: .milliseconds(500)))
        }
    }

    @Test(arguments: [408, 425, 429, 500, 502, 503, 504])
    func `these answers pass`(status: Int) {
        var schedule = RetrySchedule(patience: .seconds(10))
        #expect(schedule.verdict(on: failure(.status(status)), at: .zero) == .again(after: .milliseconds(500)))
    }

    @Test(arguments: [400, 401, 403, 404, 407, 410, 416, 451, 501, 505])
    func `these answers do not pass`(status: Int) {
        var schedule = RetrySchedule(patience: .seconds(10))
        #expect(schedule.verdict(on: failure(.status(status)), at: .zero) == .final)
    }

    @Test func `a server that cannot be reached is waited for only when it was there before`() {
        var schedule = RetrySchedule(patience: .seconds(10))
        #expect(schedule.verdict(on: failure(.unreachable), at: .zero) == .final)
        _ = schedule.verdict(on: failure(.cut, received: 1), at: .zero)
        #expect(schedule.verdict(on: failure(.unreachable), at: .seconds(1)) == .again(after: .seconds(1)))
    }

    @Test func `the server's wish counts, within the patience`() {
        var schedule = RetrySchedule(patience: .seconds(10))
        #expect(
            schedule.verdict(on: failure(.status(429), pause: .seconds(6)), at: .zero) == .again(after: .seconds(6)))
        #expect(schedule.verdict(on: failure(.status(429), pause: .seconds(6)), at: .seconds(6)) == .later(.seconds(6)))
        #expect(
            schedule.verdict(on: failure(.status(429), pause: .zero), at: .seconds(7))
                == .again(after: .milliseconds(500)))
    }

    @Test(arguments: [TransferFailure.Reason.certificate, .rule, .other])
    func `what is wrong for good is final`(reason: TransferFailure.Reason) {
        var schedule = RetrySchedule(patience: .seconds(10))
        #expect(schedule.verdict(on: failure(reason, received: 5), at: .zero) == .final)
    }
}
