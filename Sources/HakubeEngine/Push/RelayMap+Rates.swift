// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension RelayMap {
    /// For so long a child has to fall behind before it counts as slow.
    static let trial = Duration.milliseconds(1500)
    /// Bytes that may wait for a child at any rate: buffers of kernels and links fill first.
    static let slack = 8_000_000

    mutating func measure(_ host: HostID, _ number: UInt64, _ available: Int, _ sent: Int) {
        guard let link = links[number], link.parent == host else { return }
        if sent > 0 { hasRelayed = true }
        backlogs[number, default: BacklogWindow()].add(available, sent, at: now)
        guard let window = backlogs[number], let state = hosts[host], window.span >= Self.trial else { return }
        let rate = state.received.rate(at: now)
        guard rate > 0, window.isGrowing, window.available > max(Self.slack, Int(2 * rate)), rate > 1.2 * window.rate
        else { return }
        backlogs = [:]
        if state.slowChildren.subtracting([link.child]).isEmpty {
            demote(link.child, under: link)
        } else {
            demoteSender(host, link)
        }
    }

    /// The child takes less than its parent gets: whoever is behind it goes around it, and it becomes the last.
    private mutating func demote(_ child: HostID, under link: RelayLink) {
        hosts[link.parent]?.slowChildren.insert(child)
        let hasFollowers = branches.contains { !$0.value.children(of: child).isEmpty }
        let wasSlow = hosts[child]?.isSlow ?? true
        hosts[child]?.isSlow = true
        guard !wasSlow || hasFollowers else { return }
        moveToEnd(child)
        guard hasFollowers else { return }
        commands.append(.tell(child, .slow(behind: branches[link.group]?.members[child]?.link?.parent)))
    }

    /// A second child is as slow as the first: it is the parent that sends slowly.
    private mutating func demoteSender(_ host: HostID, _ link: RelayLink) {
        for child in hosts[host]?.slowChildren ?? [] { hosts[child]?.isSlow = false }
        hosts[host]?.slowChildren = []
        guard hosts[host]?.isSlow == false else { return }
        hosts[host]?.isSlow = true
        moveToEnd(host)
        commands.append(.tell(host, .slowSender(behind: branches[link.group]?.members[host]?.link?.parent)))
    }

    /// Its first child gets the host's own source, the others look for one.
    private mutating func moveToEnd(_ host: HostID) {
        for id in branches.keys.sorted() {
            guard let branch = branches[id], let member = branch.members[host] else { continue }
            let children = branch.children(of: host).filter { hosts[$0]?.isSlow != true }
            guard !children.isEmpty else { continue }
            let source = member.source
            release(host, id)
            branches[id]?.order.removeAll { $0 == host }
            branches[id]?.order.append(host)
            for (index, child) in children.enumerated() {
                release(child, id)
                switch source {
                case .link(let link) where index == 0: connect(child, to: link.parent, id)
                case .upload where index == 0, .queued where index == 0: upload(child, id)
                default: seek(child, id)
                }
            }
            seek(host, id)
        }
    }
}

/// Bytes that come in over the last two seconds.
struct RateWindow {
    private static let length = Duration.seconds(2)
    private var samples: [(moment: Duration, total: Int)] = []

    mutating func add(_ total: Int, at moment: Duration) {
        samples.append((moment, total))
        while samples.count > 2, moment - samples[1].moment >= Self.length { samples.removeFirst() }
    }

    /// Bytes a second; 0 before anything can be said.
    func rate(at moment: Duration) -> Double {
        guard let first = samples.first, let last = samples.last, moment > first.moment else { return 0 }
        return Double(last.total - first.total) / ((moment - first.moment) / .seconds(1))
    }
}

/// What waited for a child over the last seconds.
struct BacklogWindow {
    private static let length = Duration.seconds(2)
    private var samples: [(moment: Duration, available: Int, sent: Int)] = []

    mutating func add(_ available: Int, _ sent: Int, at moment: Duration) {
        samples.append((moment, available, sent))
        while samples.count > 2, moment - samples[1].moment >= Self.length { samples.removeFirst() }
    }

    var available: Int { samples.last?.available ?? 0 }

    /// How long it has been looked at.
    var span: Duration {
        guard let first = samples.first, let last = samples.last else { return .zero }
        return last.moment - first.moment
    }

    var isGrowing: Bool {
        guard let first = samples.first, let last = samples.last else { return false }
        return last.available > first.available + 1_000_000
    }

    /// Bytes a second that the child takes.
    var rate: Double {
        guard let first = samples.first, let last = samples.last, last.moment > first.moment else { return 0 }
        return Double(last.sent - first.sent) / ((last.moment - first.moment) / .seconds(1))
    }
}
