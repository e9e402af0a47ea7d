// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import HakubePlan
import HakubeTransport
import Synchronization

/// The couriers of all hosts of a phase, and who of them gets what from whom.
///
/// Reports come from the threads of the transports, orders go back from there; the routing is a value behind one lock.
final class FanOut: Sendable {
    private struct State {
        var shipments: [CargoKind: any Shipment] = [:]
        var programs: [Architecture: CourierProgram?] = [:]
        var toldAbsent: Set<Architecture> = []
        var table: ShipmentTable?
        var map: RelayMap?
        var unneeded: Set<HostID> = []
        var sessions: [HostID: CourierSession] = [:]
        var ports: [HostID: Int] = [:]
        /// Hosts that are on their way to being ready: nobody who has something for them ends before.
        var expected: Set<HostID> = []
        /// Links whose parent does not know them yet.
        var pending: [UInt64: (link: RelayLink, key: String)] = [:]
    }

    /// How long a courier may take to let a child in.
    private static let patience = Duration.seconds(5)

    let settings: PushSettings
    let limit: RateLimit?
    /// Pushes without couriers, so many at a time.
    let plainTurns: Turnstile
    private let hosts: [HostID: CargoKind]
    private let addresses: [HostID: String]
    private let open: @Sendable (Role, Architecture) throws -> any Shipment
    private let now: @Sendable () -> Duration
    private let state = Mutex(State())

    /// - Parameter lanes: what this phase pushes.
    init(_ lanes: [Lane], spec: ClusterSpec, workplace: Workplace, now: @escaping @Sendable () -> Duration) {
        settings = workplace.push
        open = workplace.shipments
        self.now = now
        limit = settings.limitRate.map { RateLimit(rate: $0, now: now) }
        plainTurns = Turnstile(width: settings.parallelUploads)
        hosts = lanes.reduce(into: [:]) { hosts, lane in
            for case .push(let role, let arch, _) in lane.steps.map(\.action) {
                hosts[lane.host] = CargoKind(role: role, arch: arch)
            }
        }
        addresses = Dictionary(spec.hosts.map { ($0.id, "\($0.address)") }) { first, _ in first }
    }

    /// What hosts of a kind get; opened once.
    func shipment(for kind: CargoKind) throws -> any Shipment {
        if let shipment = state.withLock({ $0.shipments[kind] }) { return shipment }
        let shipment = try open(kind.role, kind.arch)
        return state.withLock { state in
            let first = state.shipments[kind] ?? shipment
            state.shipments[kind] = first
            return first
        }
    }

    /// `nil` where there is no courier for an architecture.
    func program(for arch: Architecture) -> CourierProgram? {
        if let known = state.withLock({ $0.programs[arch] }) { return known }
        let program = settings.courier(arch).flatMap(CourierProgram.init)
        state.withLock { $0.programs[arch] = .some(program) }
        return program
    }

    /// True once for each architecture.
    func isFirst(without arch: Architecture) -> Bool { state.withLock { $0.toldAbsent.insert(arch).inserted } }

    /// The host needs nothing.
    func settle(_ host: HostID) {
        state.withLock { state in
            state.unneeded.insert(host)
            if state.map != nil { handle(.unneeded(host), &state) }
        }
    }

    /// The host is going to be ready; others that have what it needs wait for it.
    func expect(_ host: HostID) { state.withLock { _ = $0.expected.insert(host) } }

    /// A new talk with a host's courier.
    func session(
        with host: HostID, _ program: CourierProgram, to folder: String, isDirect: Bool,
        news: AsyncStream<CourierSession.News>.Continuation
    ) throws -> CourierSession {
        for kind in Set(hosts.values) { _ = try shipment(for: kind) }
        guard let kind = hosts[host] else { throw StrangeHost(host: host) }
        let shipment = try shipment(for: kind)
        return state.withLock { state in
            let table = table(&state)
            let relays = settings.fanOut != .direct && !isDirect && hosts.count > 1
            let setup = CourierSession.Setup(
                host: host, program: program, shipment: shipment,
                items: (table.cargo[kind] ?? []).map { ($0, table.items[$0]) }, groups: table.groups(for: kind),
                folder: folder, address: relays ? addresses[host] : nil, isDirect: isDirect)
            let session = CourierSession(setup, limit: limit, news: news) { [weak self] report in
                self?.hear(report, from: host)
            }
            state.sessions[host] = session
            state.expected.insert(host)
            return session
        }
    }

    private func table(_ state: inout State) -> ShipmentTable {
        if let table = state.table { return table }
        let table = ShipmentTable(state.shipments, hosts: hosts)
        state.table = table
        state.map = RelayMap(
            table.groups, audience: table.audience, fanOut: settings.fanOut, uploads: settings.parallelUploads)
        for host in state.unneeded { handle(.unneeded(host), &state) }
        return table
    }

    /// The talk with a host is over, or never began.
    ///
    /// - Parameter comesBack: it is tried again.
    func leave(_ host: HostID, comesBack: Bool) {
        state.withLock { state in
            state.sessions[host] = nil
            state.ports[host] = nil
            if comesBack { state.expected.insert(host) } else { state.expected.remove(host) }
            handle(.gone(host), &state)
            finishIfComplete(&state)
        }
    }

    private func hear(_ report: CourierSession.Report, from host: HostID) {
        state.withLock { state in
            guard state.sessions[host] != nil else { return }
            switch report {
            case .ready(let standing, let port):
                state.expected.remove(host)
                state.ports[host] = port
                handle(.ready(host, standing), &state)
            case .relay(let event): handle(event, &state)
            case .admitted(let link): open(link, &state)
            }
        }
    }

    /// The parent knows the link: now the child may connect.
    private func open(_ id: UInt64, _ state: inout State) {
        guard let (link, key) = state.pending.removeValue(forKey: id), let port = state.ports[link.parent],
            let address = addresses[link.parent]
        else { return }
        state.sessions[link.child]?.pull(link.group, from: "\(id) \(address) \(port) \(key)")
    }

    /// A parent that does not answer in time is none.
    private func expire(_ link: RelayLink) {
        Task { [weak self] in
            try? await Task.sleep(for: Self.patience)
            guard let self else { return }
            state.withLock { state in
                guard state.pending.removeValue(forKey: link.id) != nil else { return }
                handle(.lost(link.child, link: link.id, .silent), &state)
            }
        }
    }

    private func handle(_ event: RelayEvent, _ state: inout State) {
        for command in state.map?.take(event, at: now()) ?? [] { carryOut(command, &state) }
    }

    private func carryOut(_ command: RelayCommand, _ state: inout State) {
        switch command {
        case .upload(let host, let group): state.sessions[host]?.upload(group)
        case .relay(let link):
            let key = Self.key()
            state.pending[link.id] = (link, key)
            state.sessions[link.parent]?.order("admit \(link.id) \(key)")
            expire(link)
        case .stop(let host, let group): state.sessions[host]?.stop(group)
        case .expel(let host, let link):
            state.pending[link] = nil
            state.sessions[host]?.order("expel \(link)")
        case .tell(let host, let notice): state.sessions[host]?.tell(notice)
        case .fail(let host, let item): state.sessions[host]?.refuse(path(of: item, state))
        case .distrust(let liar, let item, let victim):
            state.sessions[victim]?.tell(.distrusted(liar, path: path(of: item, state)))
        case .finish: finishIfComplete(&state)
        }
    }

    /// Ends all talks as soon as nobody lacks anything and nobody is expected who might.
    private func finishIfComplete(_ state: inout State) {
        guard state.expected.isEmpty, state.map?.isComplete == true else { return }
        for (host, session) in state.sessions {
            session.finish()
            // Whoever comes now gets nothing from it any more.
            _ = state.map?.take(.gone(host), at: now())
        }
    }

    private func path(of item: Int, _ state: State) -> String {
        guard let items = state.table?.items, items.indices.contains(item) else { return "item \(item)" }
        return items[item].path
    }

    /// 32 bytes that nobody can guess, for one link.
    private static func key() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<32).map { _ in
            let byte = UInt8.random(in: .min ... .max, using: &generator)
            return String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }
}

/// A push of a host that the phase does not name: a fault of the planner.
private struct StrangeHost: Error, CustomStringConvertible {
    let host: HostID

    var description: String { "the files of \(host) are in no lane of this phase" }
}
