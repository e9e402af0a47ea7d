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

    private let options: GuardianOptions
    private let loop: EventLoop
    private let choice: BackendChoice
    private let tls: TLSSettings
    private var servers: [RealServer]
    private var backend: (any Backend)?
    private var predecessor: ControlClient?
    private var control: ControlServer?
    private var signals: EventLoopDescriptor?
    private let started = Timestamp.now
    private var problem: String?
    private var published: GuardianState?
    private var isSettled = false
    private var isServing = false
    private var isLeaving = false
    private var onceDeadline: Instant?
    private let configuration: WatchedConfiguration?
    private var ending = Ending.terminated

    /// The kernel's table is compared this often, in milliseconds, because it sends no notifications.
    private static let beat: Int64 = 250
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
        servers = options.real.map(RealServer.init)
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
        }
        switch choice.ipvs {
        case let client?:
            backend = IPVSBackend(client: client, route: route)
            if !IPVSSetting.expireConnectionsWithoutDestination() {
                Log.line("cannot set net.ipv4.vs.expire_nodest_conn: connections to a dead server will linger")
            }
        case nil:
            backend = ProxyBackend(
                route: route, rotation: rotation, inherited: predecessor?.takeListener(of: options.virtual), loop: loop,
                suspect: { [self] in suspect($0) })
        }
        Log.line("\(options.virtual) to \(options.real.map(\.description).joined(separator: ", ")) by \(choice)")
        watchSignals()
        // The whole list first: a guardian that has just started knows nothing against any server.
        tick()
        servers.forEach(watch)
        loop.run()
        return ending
    }

    private var rotation: Rotation { Rotation(servers.map { ($0.address, $0.tracker.health) }) }

    private func watch(_ server: RealServer) {
        let probe = HealthProbe(server.address, loop: loop, tls: tls) { [self] in observe($0, of: server) }
        server.probe = probe
        probe.look()
    }

    private func tick() {
        reload()
        apply()
        checkOnce()
        if !isLeaving { loop.after(Self.beat) { [self] in tick() } }
    }

    /// Takes over a changed list of real servers; what stays keeps its history.
    private func reload() {
        guard let changed = configuration?.changed() else { return }
        if changed.virtual != options.virtual || changed.nodeAddress != options.nodeAddress {
            Log.line("the configuration has another address for this node; that takes a restart")
        }
        let wanted = changed.real.map { address in servers.first { $0.address == address } ?? RealServer(address) }
        guard changed.virtual == options.virtual, wanted.map(\.address) != servers.map(\.address) else { return }
        Log.line("real servers are now \(wanted.map(\.address.description).joined(separator: ", "))")
        for server in servers where !wanted.contains(where: { $0 === server }) { server.forget() }
        servers = wanted
        for server in servers where server.probe == nil { watch(server) }
    }

    private func apply() {
        do {
            for repair in try backend?.apply(rotation) ?? [] { Log.line(repair) }
            if problem != nil { Log.line("works again") }
            problem = nil
        } catch {
            // Once, not four times a second.
            if problem != error.description { Log.line(error.description) }
            problem = error.description
        }
        publish()
    }

    private func observe(_ result: ProbeResult, of server: RealServer) {
        let before = server.tracker.health
        if server.tracker.observe(result) {
            server.since = .now
            Log.line("\(server.address) is \(server.tracker.health.rawValue), was \(before.rawValue): \(result)")
            let now = rotation
            if now.isFailOpen { Log.line("no real server looks healthy: all of them get traffic") }
        }
        let isUp = server.tracker.health == .up
        if !isSettled, servers.allSatisfy({ $0.tracker.health != .unknown }) || isUp { settle() }
        if !isServing, isUp {
            isServing = true
            ServiceNotification.send("READY=1\nSTATUS=\(choice.kind.rawValue) on \(options.virtual)")
        }
        apply()
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
        predecessor?.sayReady()
        predecessor = nil
    }

    /// The proxy could not connect where the last look found life.
    private func suspect(_ address: SocketAddress) {
        servers.first { $0.address == address }?.probe?.look()
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
        guard isSettled, onceDeadline == nil, !isLeaving else { return }
        let rotation = rotation
        let real = zip(servers, rotation.entries).map { server, entry in
            GuardianState.RealServer(
                address: server.address.description, health: entry.health.rawValue, weight: entry.weight.map(Int.init),
                since: server.since.text, detail: server.tracker.lastResult?.description ?? "not looked at yet")
        }
        let state = GuardianState(
            version: GuardianProgram.version, backend: choice.kind.rawValue, reason: choice.reason,
            virtual: options.virtual.description, processID: Int(getpid()), started: started.text,
            isFailOpen: rotation.isFailOpen, isVerifying: tls.verifies, problem: problem, real: real)
        guard state != published else { return }
        if SmallFile.replace(options.runDirectory + "/guardian.json", with: state.json.text() + "\n") {
            published = state
        }
    }
}
