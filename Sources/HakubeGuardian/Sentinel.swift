// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Does what the machine of one server decides, with real connections.
final class Sentinel {
    let server: SocketAddress
    private(set) var machine = SentinelMachine()
    private let loop: EventLoop
    private let tls: TLSSettings
    private let report: (Pulse) -> Void
    /// Called when the machine may want to be checked at another time than before.
    private let changed: () -> Void
    private var standing: SentinelConnection?
    private var fresh: SentinelConnection?

    init(
        _ server: SocketAddress, loop: EventLoop, tls: TLSSettings, changed: @escaping () -> Void,
        report: @escaping (Pulse) -> Void
    ) {
        self.server = server
        self.loop = loop
        self.tls = tls
        self.changed = changed
        self.report = report
    }

    func handle(_ event: SentinelMachine.Event) {
        for action in machine.handle(event, at: loop.now.milliseconds) { perform(action) }
    }

    func beat() {
        // Made under other settings, such as before there was a CA: to be replaced by one that is verified.
        if let standing, !standing.isCurrent { handle(.leaving) }
        handle(.beat)
    }

    func check(_ others: SentinelMachine.Others) {
        handle(.check(.init(isTaken: standing?.isTaken ?? true, others: others)))
    }

    func stop() {
        standing?.close()
        fresh?.close()
        standing = nil
        fresh = nil
    }

    private func perform(_ action: SentinelMachine.Action) {
        switch action {
        case .openFresh:
            fresh?.close()
            let connection = SentinelConnection(server, loop: loop, tls: tls) { [self] in hear($1, from: $0) }
            fresh = connection
            connection.open()
        case .closeFresh:
            fresh?.close()
            fresh = nil
        case .promoteFresh:
            standing?.close()
            standing = fresh
            fresh = nil
        case .closeStanding:
            standing?.close()
            standing = nil
        case .sendBeat: standing?.beat()
        case .report(let pulse): report(pulse)
        }
    }

    private func hear(_ event: SentinelConnection.Event, from connection: SentinelConnection) {
        let isFresh = connection === fresh
        guard isFresh || connection === standing else { return }
        switch event {
        case .connected where isFresh: handle(.connected)
        case .greeted where isFresh: handle(.greeted)
        case .echoed where !isFresh: return handle(.echoed)
        case .leaving where !isFresh: handle(.leaving)
        case .over(let ending): handle(Self.event(of: ending, isFresh: isFresh))
        default: return
        }
        changed()
    }

    private static func event(of ending: SentinelConnection.Ending, isFresh: Bool) -> SentinelMachine.Event {
        guard isFresh else { return .ended }
        switch ending {
        case .refused: return .refused
        case .unreachable: return .unreachable
        case .ended, .failed: return .failed
        }
    }
}

/// All sentinels of a guardian. They beat in one moment: that wakes the machine once, and silence of several of them is
/// then seen together, which tells a broken node from broken servers.
final class SentinelGroup {
    private let loop: EventLoop
    private var sentinels: [Sentinel] = []
    private var timer: (id: TimerHeap.ID, at: Int64)?
    /// Whether most servers are silent and this node is thought to be the cause.
    private(set) var suspectsThisNode = false

    /// Later than this, in milliseconds, and the clock of this program is not to be trusted about others.
    private static let tolerance: Int64 = 70

    init(loop: EventLoop) { self.loop = loop }

    func watch(
        _ server: SocketAddress, tls: TLSSettings, report: @escaping (Pulse) -> Void
    ) -> Sentinel {
        let sentinel = Sentinel(server, loop: loop, tls: tls, changed: { [self] in arm() }, report: report)
        sentinels.append(sentinel)
        sentinel.beat()
        arm()
        return sentinel
    }

    func forget(_ sentinel: Sentinel) {
        sentinel.stop()
        sentinels.removeAll { $0 === sentinel }
    }

    func beat() {
        pardon()
        if timer == nil { suspectsThisNode = false }
        sentinels.forEach { $0.beat() }
        arm()
    }

    private func check() {
        timer = nil
        pardon()
        let others = Self.others(sentinels.map(\.machine), at: loop.now.milliseconds)
        suspectsThisNode = others == .mostAreSilent || others == .noneAnswers
        sentinels.forEach { $0.check(others) }
        arm()
    }

    /// How the silence of all servers looks together. One alone is never most.
    static func others(_ machines: [SentinelMachine], at now: Int64) -> SentinelMachine.Others {
        let watched = machines.filter { $0.isWatched(at: now) }
        let silent = watched.filter { $0.isSilent(at: now) }
        guard silent.count >= 2, silent.count * 2 > watched.count else { return .answer }
        guard silent.count == watched.count else { return .mostAreSilent }
        let longest = silent.map { $0.silence(at: now) }.max() ?? 0
        return longest < SentinelMachine.Limits().despair ? .noneAnswers : .noneAnswersForLong
    }

    private func pardon() {
        guard loop.lateness > Self.tolerance else { return }
        sentinels.forEach { $0.handle(.overslept) }
    }

    private func arm() {
        let now = loop.now.milliseconds
        let next = sentinels.lazy.compactMap { $0.machine.nextCheck(at: now) }.min()
        guard next != timer?.at else { return }
        if let timer { loop.cancel(timer.id) }
        timer = next.map { next in (loop.after(max(0, next - now)) { [self] in check() }, next) }
    }
}
