// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

@testable import HakubeEngine
import HakubeModel

/// The routing of a run, with what its commands add up to: who gets what from whom.
struct RelayRun {
    static let wire = 100_000_000
    static func host(_ number: Int) -> HostID { HostID("h\(number)") }

    private(set) var map: RelayMap
    /// By host and group.
    private(set) var uploads: [HostID: Set<Int>] = [:]
    private(set) var links: [UInt64: RelayLink] = [:]
    private(set) var notices: [HostID: [PushNotice]] = [:]
    private(set) var commands: [RelayCommand] = []
    private(set) var isFinished = false
    private var clock = Duration.zero

    /// - Parameters:
    ///   - count: hosts that all need the same items.
    ///   - groups: items and their wire bytes, group by group.
    init(
        _ count: Int, groups: [[Int]] = [[Self.wire]], fanOut: PushSettings.FanOut = .auto,
        uploads: Int = PushSettings.defaultUploads
    ) {
        var number = 0
        let made = groups.enumerated().map { id, sizes in
            RelayGroup(
                id: id,
                items: sizes.map { size in
                    defer { number += 1 }
                    return (index: number, wire: size)
                })
        }
        let hosts = Set((1...count).map(Self.host))
        map = RelayMap(
            made, audience: Dictionary(uniqueKeysWithValues: made.map { ($0.id, hosts) }), fanOut: fanOut,
            uploads: uploads)
    }

    /// A run whose hosts are all ready, in order.
    static func ready(_ count: Int, fanOut: PushSettings.FanOut = .auto, uploads: Int = PushSettings.defaultUploads)
        -> RelayRun
    {
        var run = RelayRun(count, fanOut: fanOut, uploads: uploads)
        for number in 1...count { run.ready(number) }
        return run
    }

    mutating func ready(
        _ number: Int, missing: [Int: Int] = [0: 0], wire: Set<Int> = [], isListening: Bool = true,
        isDirect: Bool = false
    ) {
        let standing = RelayStanding(missing: missing, wire: wire, isListening: isListening, isDirect: isDirect)
        take(.ready(Self.host(number), standing))
    }

    mutating func pass(_ duration: Duration) { clock += duration }

    mutating func take(_ event: RelayEvent) {
        if case .gone(let host) = event {
            uploads[host] = nil
            links = links.filter { $0.value.child != host && $0.value.parent != host }
        }
        commands = map.take(event, at: clock)
        for command in commands {
            switch command {
            case .upload(let host, let group):
                links = links.filter { $0.value.child != host || $0.value.group != group }
                uploads[host, default: []].insert(group)
            case .relay(let link):
                links = links.filter { $0.value.child != link.child || $0.value.group != link.group }
                links[link.id] = link
            case .stop(let host, let group): uploads[host]?.remove(group)
            case .expel(_, let link): links[link] = nil
            case .tell(let host, let notice): notices[host, default: []].append(notice)
            case .distrust(let liar, let item, let victim):
                notices[victim, default: []].append(.distrusted(liar, path: "\(item)"))
            case .fail: break
            case .finish: isFinished = true
            }
        }
    }

    mutating func done(_ number: Int, item: Int = 0) {
        take(.done(Self.host(number), item: item))
        uploads[Self.host(number)] = nil
        links = links.filter { $0.value.child != Self.host(number) }
    }

    mutating func lost(_ number: Int, _ why: LinkFailure = .closed) {
        guard let link = link(of: number) else { return }
        take(.lost(Self.host(number), link: link.id, why))
    }

    mutating func bad(_ number: Int, item: Int = 0) {
        guard let link = link(of: number) else { return }
        take(.bad(Self.host(number), item: item, from: .link(link.id)))
    }

    func link(of number: Int, group: Int = 0) -> RelayLink? {
        links.values.first { $0.child == Self.host(number) && $0.group == group }
    }

    /// Who sends to whom, as `0` for the operator: `[0, 1, 2]` is a chain of three.
    func sources(of numbers: some Sequence<Int>, group: Int = 0) -> [Int?] {
        numbers.map { number in
            if uploads[Self.host(number)]?.contains(group) == true { return 0 }
            return link(of: number, group: group).flatMap { Int($0.parent.description.dropFirst()) }
        }
    }

    /// Lets time go by while hosts receive and forward at rates in MB/s; every half second the couriers report.
    mutating func flow(_ seconds: Double, _ rates: [Int: Double]) {
        for _ in 0..<Int(seconds * 2) {
            pass(.milliseconds(500))
            for (number, rate) in rates.sorted(by: { $0.key < $1.key }) {
                received[number, default: 0] += Int(rate * 500_000)
                take(.received(Self.host(number), total: received[number] ?? 0))
            }
            for link in links.values.sorted(by: { $0.id < $1.id }) {
                let parent = Int(link.parent.description.dropFirst()) ?? 0
                let child = Int(link.child.description.dropFirst()) ?? 0
                let waiting = (received[parent] ?? 0) - (received[child] ?? 0)
                take(.backlog(link.parent, link: link.id, available: max(0, waiting), sent: received[child] ?? 0))
            }
        }
    }
    private var received: [Int: Int] = [:]
}
