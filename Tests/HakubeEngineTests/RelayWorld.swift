// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

@testable import HakubeEngine
import HakubeModel

/// Hosts and lines in steps of 50 ms: bytes flow as the map commands, as fast as the lines of both ends allow, and couriers
/// report at their usual times.
struct RelayWorld {
    struct Machine {
        enum Source: Hashable {
            case none, upload
            case link(RelayLink)
        }

        var source = Source.none
        var bytes = 0.0
        /// Bytes a second, in and out.
        var line: Double
        var outLine: Double
        var isAlive = true
        /// Nobody gets a connection to it.
        var isWalled = false
        var finished: Duration?
        var sourceSince = Duration.zero
        var sent: [UInt64: Double] = [:]
        var verified = 0

        var parent: HostID? { if case .link(let link) = source { link.parent } else { nil } }
    }

    static let step = Duration.milliseconds(50)
    static let item = 10_000_000

    let size: Double
    let uplink: Double
    var machines: [HostID: Machine] = [:]
    private(set) var map: RelayMap
    private(set) var now = Duration.zero
    /// Bytes that the operator sent, and how many hosts it sent to at a time, at most.
    private(set) var uploaded = 0.0
    private(set) var feeds = 0
    private(set) var notices: [HostID: [PushNotice]] = [:]
    private(set) var isFinished = false

    init(_ count: Int, items: Int, rate: Double, fanOut: PushSettings.FanOut = .auto, uploads: Int = 4) {
        size = Double(items * Self.item)
        uplink = rate
        let hosts = Set((1...count).map(Self.host))
        map = RelayMap(
            [RelayGroup(id: 0, items: (0..<items).map { (index: $0, wire: Self.item) })], audience: [0: hosts],
            fanOut: fanOut, uploads: uploads)
        for host in hosts { machines[host] = Machine(line: rate, outLine: rate) }
    }

    static func host(_ number: Int) -> HostID { HostID("h\(number < 10 ? "0" : "")\(number)") }

    subscript(_ number: Int) -> Machine {
        get { machines[Self.host(number)] ?? Machine(line: 0, outLine: 0) }
        set { machines[Self.host(number)] = newValue }
    }

    private var items: Int { Int(size) / Self.item }

    mutating func join() { for host in machines.keys.sorted() { join(host) } }

    /// A host becomes ready with what it has.
    mutating func join(_ host: HostID) {
        let bytes = Int(machines[host]?.bytes ?? 0)
        let there = bytes / Self.item
        var missing: [Int: Int] = [:]
        for number in there..<max(items, there) { missing[number] = number == there ? bytes % Self.item : 0 }
        machines[host]?.isAlive = true
        machines[host]?.verified = there
        if missing.isEmpty { machines[host]?.finished = now }
        tell(.ready(host, RelayStanding(missing: missing, wire: Set(0..<there))))
    }

    mutating func tell(_ event: RelayEvent) {
        for command in map.take(event, at: now) {
            switch command {
            case .upload(let host, _): turn(host, to: .upload)
            case .relay(let link): turn(link.child, to: .link(link))
            case .stop(let host, _): if machines[host]?.source == .upload { turn(host, to: .none) }
            case .tell(let host, let notice): notices[host, default: []].append(notice)
            case .finish: isFinished = true
            case .expel, .fail, .distrust: break
            }
        }
    }

    private mutating func turn(_ host: HostID, to source: Machine.Source) {
        machines[host]?.source = source
        machines[host]?.sourceSince = now
    }

    /// Until all living hosts have all, or the time is over.
    mutating func run(until end: Duration = .seconds(600), _ each: (inout RelayWorld) -> Void = { _ in }) {
        while now < end, machines.values.contains(where: { $0.isAlive && $0.finished == nil }) {
            each(&self)
            advance()
        }
    }

    mutating func kill(_ number: Int) {
        self[number].isAlive = false
        self[number].source = .none
        tell(.gone(Self.host(number)))
    }

    /// When the last of the living has all.
    func slowest(except numbers: Set<Int> = []) -> Duration {
        let others = machines.filter { !numbers.map(Self.host).contains($0.key) && $0.value.isAlive }
        return others.values.map { $0.finished ?? .seconds(10_000) }.max() ?? .zero
    }

    private mutating func advance() {
        now += Self.step
        let before = machines
        let hosts = machines.keys.sorted()
        let fed = before.values.filter { $0.source == .upload && $0.isAlive && $0.finished == nil }.count
        feeds = max(feeds, fed)
        for host in hosts {
            guard let machine = before[host], machine.isAlive, machine.finished == nil else { continue }
            switch machine.source {
            case .none: break
            case .upload: uploaded += take(min(machine.line, uplink / Double(fed)), of: size, for: host)
            case .link(let link):
                guard let giver = before[link.parent], giver.isAlive, !giver.isWalled else {
                    lose(host, link, before[link.parent])
                    continue
                }
                let children = before.values.filter {
                    $0.parent == link.parent && $0.finished == nil && $0.isAlive
                }.count
                let rate = min(machine.line, giver.outLine / Double(max(1, children)))
                let taken = take(rate, of: giver.bytes, for: host)
                machines[link.parent]?.sent[link.id, default: 0] += taken
            }
        }
        report(hosts)
    }

    /// A wall is noticed after three seconds, a closed connection at once.
    private mutating func lose(_ host: HostID, _ link: RelayLink, _ giver: Machine?) {
        guard giver?.isAlive == true else { return tell(.lost(host, link: link.id, .closed)) }
        guard now - (machines[host]?.sourceSince ?? now) >= .seconds(3) else { return }
        tell(.lost(host, link: link.id, .unreachable))
    }

    private mutating func take(_ rate: Double, of available: Double, for host: HostID) -> Double {
        let taken = min(rate * (Self.step / .seconds(1)), max(0, available - (machines[host]?.bytes ?? 0)))
        machines[host]?.bytes += taken
        return taken
    }

    private mutating func report(_ hosts: [HostID]) {
        let tick = Int(now / Self.step)
        for host in hosts {
            guard let machine = machines[host], machine.isAlive else { continue }
            if tick.isMultiple(of: 4) { tell(.received(host, total: Int(machine.bytes))) }
            // Half a byte of rounding must not keep the last item from its end.
            for number in machine.verified..<max(machine.verified, Int(machine.bytes + 0.5) / Self.item) {
                machines[host]?.verified = number + 1
                if number + 1 == items { machines[host]?.finished = now }
                tell(.done(host, item: number))
            }
        }
        guard tick.isMultiple(of: 10) else { return }
        for host in hosts {
            guard let machine = machines[host], machine.isAlive, machine.finished == nil,
                case .link(let link) = machine.source, let giver = machines[link.parent], giver.isAlive,
                !giver.isWalled
            else { continue }
            let waiting = Int(giver.bytes - machine.bytes)
            tell(.backlog(link.parent, link: link.id, available: waiting, sent: Int(giver.sent[link.id] ?? 0)))
        }
    }
}
