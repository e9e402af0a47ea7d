// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CNetlink
import Glibc

/// The running guardian: looks at the real servers, keeps the backend in line, tells about it.
final class Guardian {
    /// Why the loop ended.
    enum Ending: Hashable {
        case terminated
        case steppedAside
        /// `--once`: whether a real server is healthy.
        case checked(healthy: Bool)
    }

    let options: GuardianOptions
    let choice: BackendChoice
    let tls: TLSSettings
    let started = Timestamp.now
    private let loop: EventLoop
    private let sentinels: SentinelGroup
    let configuration: WatchedConfiguration?
    private(set) var servers: [RealServer]
    /// Wanted no more, but still in rotation.
    private var leavers: [RealServer] = []
    private(set) var backend: (any Backend)?
    private(set) var rotation: Rotation
    private(set) var problem: String?
    private(set) var suspectsItself = false
    private(set) var repairs = 0
    private var repairLog = RepairLog()
    private(set) var transitions = TransitionLog()
    private var rule = RotationRule()
    private var predecessor: ControlClient?
    private var control: ControlServer?
    private var metrics: MetricsServer?
    private var signals: EventLoopDescriptor?
    private var published: GuardianState?
    private var isChanged = true
    private var isSettled = false
    private var isServing = false
    private var isLeaving = false
    private var isApplying = false
    private var onceDeadline: Instant?
    private var ending = Ending.terminated

    /// Every server gets a beat and the kernel's table is compared this often, in milliseconds: the kernel sends no
    /// notifications. One rhythm for both, because each awakening costs.
    private static let beat: Int64 = 200
    /// How long a living server that is wanted no more may finish what it is at, in milliseconds.
    private static let farewell: Int64 = 500
    /// How long `--once` waits for a healthy real server.
    private static let onceLimit: Int64 = 30_000

    /// With a `configuration` the list of real servers follows its file.
    init(
        options: GuardianOptions, choice: BackendChoice, configuration: WatchedConfiguration? = nil,
        loop: EventLoop = EventLoop()
    ) {
        self.configuration = configuration
        self.options = options
        self.choice = choice
        self.loop = loop
        tls = TLSSettings(certificateAuthority: options.certificateAuthority)
        sentinels = SentinelGroup(loop: loop)
        servers = options.real.map { RealServer($0, isOriginal: true) }
        rotation = Rotation(servers.map(\.forRotation))
    }

    /// Guards until told to end. With `once` it ends by itself when the rules stand and a real server is healthy.
    /// - Throws: when the kernel gives no netlink socket.
    func run(once: Bool) throws(NetlinkError) -> Ending {
        let route = WantedRoute(
            virtual: options.virtual, nodeAddress: options.nodeAddress, routes: try RouteTable())
        if once {
            onceDeadline = loop.now.advanced(by: Self.onceLimit)
        } else {
            mkdir(options.runDirectory, 0o755)
            predecessor = ControlClient(runDirectory: options.runDirectory)
            metrics = options.metrics.map { MetricsServer(on: $0, loop: loop) { [self] in MetricsPage.text(of: self) } }
        }
        if choice.kind == .ipvs, let client = choice.ipvs {
            backend = IPVSBackend(client: client, route: route)
        } else {
            backend = ProxyBackend(
                route: route, bypass: choice.ipvs, rotation: rotation,
                inherited: predecessor?.takeListener(of: options.virtual), loop: loop,
                suspect: { [self] in suspect($0) })
        }
        Log.line("\(options.virtual) to \(options.real.map(\.description).joined(separator: ", ")) by \(choice)")
        watchSignals()
        // The whole list first: a guardian that has just started knows nothing against any server.
        apply()
        servers.forEach(watch)
        loop.after(Self.beat) { [self] in tick() }
        loop.run()
        return ending
    }

    private func watch(_ server: RealServer) {
        let probe = HealthProbe(server.address, loop: loop, tls: tls) { [self] in observe($0, of: server) }
        server.probe = probe
        probe.look()
        server.sentinel = sentinels.watch(server.address, tls: tls) { [self] in observe($0, of: server) }
    }

    private func tick() {
        guard !isLeaving else { return }
        sentinels.beat()
        if sentinels.suspectsThisNode != suspectsItself {
            suspectsItself.toggle()
            isChanged = true
            if suspectsItself {
                Log.line("most real servers fell silent in one moment: they stay, this node may be the cause")
            }
        }
        for server in servers + leavers { note(server) { $0.pass(at: loop.now.milliseconds) } }
        reload()
        metrics?.open()
        apply()
        checkOnce()
        loop.after(Self.beat) { [self] in tick() }
    }

    /// Takes over a changed list of real servers; what stays keeps its history.
    private func reload() {
        dismissLeavers()
        guard let configuration, let changed = configuration.changed() else { return }
        isChanged = true
        guard case .success(let changed) = changed else { return }
        if let setting = options.setting(otherThanIn: changed) {
            return configuration.isWaiting(
                because: "\(configuration.path) has another \(setting); that takes a restart")
        }
        let known = servers + leavers
        let wanted = changed.real.map { address in
            known.first { $0.address == address } ?? RealServer(address, isOriginal: false)
        }
        guard wanted.map(\.address) != servers.map(\.address) else { return }
        Log.line("real servers are now \(wanted.map(\.address.description).joined(separator: ", "))")
        leavers = known.filter { server in !wanted.contains { $0 === server } }
        for server in leavers where server.leftAt == nil { server.leftAt = loop.now }
        for server in wanted { server.leftAt = nil }
        servers = wanted
        for server in servers where server.probe == nil { watch(server) }
        dismissLeavers()
    }

    /// Lets go of servers that are not wanted any more, once one of those that are is up: a list with a slip in it must not
    /// cost this node its last way. What is under way on a living one gets a moment to end.
    private func dismissLeavers() {
        guard !leavers.isEmpty, servers.contains(where: { $0.tracker.health == .up }) else { return }
        let isDue = { [now = loop.now] (server: RealServer) in
            server.tracker.health != .up || server.leftAt.map { now.milliseconds(since: $0) >= Self.farewell } ?? true
        }
        for server in leavers where isDue(server) { server.forget(in: sentinels) }
        leavers.removeAll(where: isDue)
        isChanged = true
    }

    /// At the end of this turn, so that verdicts of one moment make one change.
    private func applySoon() {
        guard !isApplying else { return }
        isApplying = true
        loop.soon { [self] in
            isApplying = false
            apply()
            progress()
        }
    }

    private func apply() {
        let next = rule.rotation(of: (servers + leavers).map(\.forRotation), at: loop.now.milliseconds)
        if next != rotation { isChanged = true }
        if next.isFailOpen, !rotation.isFailOpen {
            Log.line("no real server looks healthy: the living ones get traffic, or all of them if none lives")
        }
        rotation = next
        do {
            for repair in try backend?.apply(rotation) ?? [] {
                repairs += 1
                repairLog.note(repair, at: loop.now)
            }
            if problem != nil {
                Log.line("works again")
                isChanged = true
            }
            problem = nil
        } catch {
            // Once, not five times a second.
            if problem != error.description {
                Log.line(error.description)
                isChanged = true
            }
            problem = error.description
        }
        publish()
    }

    private func observe(_ result: ProbeResult, of server: RealServer) -> HealthProbe.Next {
        if server.tracker.lastResult != result { isChanged = true }
        let anotherAdmits = servers.contains { $0 !== server && $0.tracker.admits }
        if note(server, { $0.observe(result, anotherAdmits: anotherAdmits) }) { applySoon() }
        progress()
        if !server.tracker.isWorthLooking { return .rest }
        return server.tracker.isUndecided ? .soon : .atInterval
    }

    private func observe(_ pulse: Pulse, of server: RealServer) {
        isChanged = true
        if note(server, { $0.observe(pulse, at: loop.now.milliseconds) }) { applySoon() }
        if server.tracker.isWorthLooking { server.probe?.look() }
        progress()
    }

    /// Lets something happen to a server and tells about it if it matters. Returns whether it did.
    @discardableResult
    private func note(_ server: RealServer, _ change: (inout HealthTracker) -> Bool) -> Bool {
        let before = server.tracker.health
        guard change(&server.tracker) else { return false }
        server.since = .now
        server.transitions += 1
        isChanged = true
        let transition = Transition(
            time: server.since.text, server: server.address.description, from: before.rawValue,
            to: server.tracker.health.rawValue, reason: server.tracker.reason)
        transitions.append(transition)
        Log.line(transition.description)
        return true
    }

    /// What follows from the first verdicts.
    private func progress() {
        let isUp = servers.contains { $0.tracker.health == .up }
        if !isSettled, isUp || servers.allSatisfy({ $0.tracker.health != .unknown }) { settle() }
        if !isServing, isUp {
            isServing = true
            ServiceNotification.send("READY=1\nSTATUS=\(choice.kind.rawValue) on \(options.virtual)")
        }
        publish()
        checkOnce()
    }

    /// From here on this guardian is the one that counts on this host.
    private func settle() {
        isSettled = true
        guard onceDeadline == nil else { return }
        control = ControlServer(
            runDirectory: options.runDirectory, virtual: options.virtual, loop: loop,
            delegate: .init(
                listener: { [self] in backend?.listener }, stepAside: { [self] in leave(.steppedAside, because: $0) }))
        if control == nil { Log.line("cannot write to \(options.runDirectory): no status, no hand-over") }
        isChanged = true
        let before = StatusReport.state(in: options.runDirectory).flatMap { SocketAddress($0.virtual) }
        predecessor?.sayReady()
        predecessor = nil
        loop.after(1000) { [self] in
            // The earlier guardian may have written once more, and no one else knows of its virtual address.
            published = nil
            isChanged = true
            if let before, before != options.virtual { removeWhat(before) }
        }
    }

    /// Takes back what an earlier guardian made for another virtual address.
    private func removeWhat(_ earlier: SocketAddress) {
        let hadService = (try? choice.ipvs?.removeService(earlier)) ?? false
        let hadRoute =
            earlier.address != options.virtual.address && (try? RouteTable().remove(earlier.address)) ?? false
        if hadService || hadRoute { Log.line("removed what was made for \(earlier), the virtual address before") }
    }

    /// The proxy could not connect where the last look found life.
    private func suspect(_ address: SocketAddress) {
        guard let server = servers.first(where: { $0.address == address }), server.tracker.isWorthLooking else {
            return
        }
        server.probe?.look()
    }

    private func checkOnce() {
        guard let onceDeadline, problem == nil || loop.now >= onceDeadline else { return }
        let isHealthy = servers.contains { $0.tracker.health == .up }
        let isComplete = servers.allSatisfy { $0.tracker.health != .unknown }
        guard isComplete && isHealthy || loop.now >= onceDeadline else { return }
        ending = .checked(healthy: isHealthy && problem == nil)
        loop.stop()
    }

    private func leave(_ ending: Ending, because reason: String) {
        guard !isLeaving else { return }
        isLeaving = true
        self.ending = ending
        Log.line("\(reason): ending\(choice.kind == .ipvs ? ", the rules stay" : "")")
        ServiceNotification.send("STOPPING=1")
        control?.end()
        metrics?.close()
        guard let backend else { return loop.stop() }
        backend.retire { [self] in loop.stop() }
    }

    private func watchSignals() {
        var mask = sigset_t()
        sigemptyset(&mask)
        for number in [SIGTERM, SIGINT] { sigaddset(&mask, number) }
        sigprocmask(SIG_BLOCK, &mask, nil)
        let signals = EventLoopDescriptor(signalfd(-1, &mask, Int32(SFD_CLOEXEC) | Int32(SFD_NONBLOCK)), loop: loop)
        self.signals = signals
        signals.watch(for: .read) { [self] _ in
            var buffer = [UInt8](repeating: 0, count: 128)
            _ = read(signals.number, &buffer, buffer.count)
            // The second one means it.
            isLeaving ? loop.stop() : leave(.terminated, because: "told to end")
        }
    }

    private func publish() {
        guard isChanged, isSettled, onceDeadline == nil, !isLeaving else { return }
        let state = GuardianState(self)
        if state == published
            || SmallFile.replace(options.runDirectory + "/guardian.json", with: state.json.text() + "\n")
        {
            published = state
            isChanged = false
        }
    }
}
