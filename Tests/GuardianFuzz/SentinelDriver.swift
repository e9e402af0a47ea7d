// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeGuardian

/// Sends a sentinel's machine events that its connections could bring, in any order.
struct SentinelDriver {
    private(set) var machine = SentinelMachine()
    private var now: Int64 = 0
    private var hasStanding = false
    private var hasFresh = false

    /// One event, chosen by the byte, after some time that it chooses too.
    mutating func suffer(_ byte: UInt8) {
        now += Int64(byte >> 4) * 37
        let others: SentinelMachine.Others = byte & 32 != 0 ? .answer : byte & 64 != 0 ? .noneAnswers : .mostAreSilent
        switch byte % 12 {
        case 0, 1: send(.beat)
        case 2 where hasFresh: send(.connected)
        case 3 where hasFresh: send(.greeted)
        case 4 where hasStanding: send(.echoed)
        case 5 where hasFresh: send(.refused)
        case 6 where hasFresh: send(.unreachable)
        case 7 where hasFresh: send(.failed)
        case 8 where hasStanding: send(.ended)
        case 9 where hasStanding: send(.leaving)
        case 10: send(.overslept)
        default: send(.check(.init(isTaken: byte & 16 != 0, others: others)))
        }
    }

    /// A tenth of a second of a server that answers everything.
    mutating func answer() {
        now += 100
        send(.beat)
        if hasFresh { send(.connected) }
        if hasFresh { send(.greeted) }
        if hasStanding { send(.echoed) }
        if let next = machine.nextCheck(at: now), next <= now { send(.check(.init(isTaken: true, others: .answer))) }
    }

    private mutating func send(_ event: SentinelMachine.Event) {
        for action in machine.handle(event, at: now) {
            switch action {
            case .openFresh: hasFresh = true
            case .closeFresh: hasFresh = false
            case .promoteFresh: (hasStanding, hasFresh) = (true, false)
            case .closeStanding: hasStanding = false
            case .sendBeat, .report: continue
            }
        }
    }
}
