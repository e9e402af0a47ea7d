// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

@testable import HakubeGuardian

/// API servers and the sentinels that watch them, on a clock that only this scene turns.
struct SentinelScene {
    /// What a server does with what it is sent.
    enum Server {
        case alive
        /// The process is gone, the host refuses.
        case killed
        case hung
        case gone
        /// Answers on the connections it has and takes no others.
        case closing
        /// Takes connections and cuts them before a word.
        case dying
    }

    struct Verdict: Hashable {
        let server: Int
        let pulse: Pulse
        let time: Int64
    }

    private(set) var machines: [SentinelMachine]
    private(set) var verdicts: [Verdict] = []
    private(set) var opened = 0
    private(set) var now: Int64 = 0
    private var servers: [Server]
    private var due: Int64?
    private var isTaken: [Bool]

    init(servers: Int) {
        machines = Array(repeating: SentinelMachine(), count: servers)
        self.servers = Array(repeating: .alive, count: servers)
        isTaken = Array(repeating: true, count: servers)
    }

    /// Something happens to a server. What its kernel says about that is heard at once.
    mutating func set(_ server: Int, _ state: Server) {
        servers[server] = state
        switch state {
        case .killed, .dying: send(.ended, to: server)
        case .alive, .hung, .gone, .closing: return
        }
    }

    mutating func send(_ event: SentinelMachine.Event, to server: Int) {
        for action in machines[server].handle(event, at: now) { perform(action, server) }
        arm()
    }

    /// Lets time pass: a beat for all every 200 ms, and the checks that are asked for.
    mutating func pass(_ milliseconds: Int64) {
        let end = now + milliseconds
        while now < end {
            now += 1
            let isCheckDue = machines.indices.contains {
                machines[$0].nextCheck(at: now - 1).map { $0 <= now } ?? false
            }
            if isCheckDue { check() }
            if now.isMultiple(of: 200) { for server in machines.indices { send(.beat, to: server) } }
        }
    }

    /// The program itself stands still: no beats, no checks, then everything at once.
    mutating func oversleep(_ milliseconds: Int64) {
        now += milliseconds
        for server in machines.indices { send(.overslept, to: server) }
        check()
        beat()
    }

    func pulses() -> [Pulse] { machines.map(\.pulse) }

    func verdicts(of server: Int, since: Int64) -> [Verdict] {
        verdicts.filter { $0.server == server && $0.time >= since }
    }

    private mutating func beat() {
        for server in machines.indices { send(.beat, to: server) }
        arm()
    }

    private mutating func arm() { due = machines.compactMap { $0.nextCheck(at: now) }.min() }

    private mutating func check() {
        let others = SentinelGroup.others(machines, at: now)
        for server in machines.indices { send(.check(.init(isTaken: isTaken[server], others: others)), to: server) }
        arm()
    }

    private mutating func perform(_ action: SentinelMachine.Action, _ server: Int) {
        switch action {
        case .openFresh:
            opened += 1
            switch servers[server] {
            case .alive:
                send(.connected, to: server)
                send(.greeted, to: server)
            case .killed, .closing: send(.refused, to: server)
            case .hung: send(.connected, to: server)
            case .dying:
                send(.connected, to: server)
                send(.failed, to: server)
            case .gone: return
            }
        case .sendBeat:
            isTaken[server] = servers[server] != .gone
            if [.alive, .closing].contains(servers[server]) { send(.echoed, to: server) }
        case .report(let pulse): verdicts.append(Verdict(server: server, pulse: pulse, time: now))
        case .closeFresh, .promoteFresh, .closeStanding: return
        }
    }
}
