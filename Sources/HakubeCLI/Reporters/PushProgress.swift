// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine
import HakubeModel
import HakubePlan

/// How far the pushes of a phase are, host by host and in all. Pure: events and time in.
struct PushProgress {
    private struct Share {
        var done = 0
        /// What the plan reckons with, until the push itself knows.
        var total: Int
        var rate = TransferRate()
        var state = State.waiting
    }

    private enum State { case waiting, sending, complete, ended }

    /// All hosts taken together.
    struct Overall: Sendable, Hashable {
        let complete: Int, sending: Int, waiting: Int, hosts: Int
        /// Bytes, as they travel.
        let done: Int, total: Int
        /// Bytes a second over the last few seconds; `nil` until there is something to measure.
        let rate: Int?
        /// `nil` where no end can be told.
        let left: Duration?
    }

    private var shares: [HostID: Share] = [:]
    private var rate = TransferRate()
    private var done = 0
    private let steps: Set<StepReference>

    /// `nil` for a phase without a push.
    init?(_ phase: Phase, at now: Duration) {
        var steps: Set<StepReference> = []
        for lane in phase.lanes {
            for step in lane.steps {
                guard case .push = step.action else { continue }
                steps.insert(StepReference(phase: phase.id, host: lane.host, step: step.id, title: step.title))
                shares[lane.host] = Share(total: step.load?.bytes ?? 0)
            }
        }
        guard !steps.isEmpty else { return nil }
        self.steps = steps
        rate.note(0, at: now)
    }

    /// Bytes are on their way, or were.
    var isMoving: Bool { shares.values.contains { $0.state == .sending } }

    func covers(_ step: StepReference) -> Bool { steps.contains(step) }

    mutating func advance(_ step: StepReference, _ done: Int, of total: Int, at now: Duration) {
        guard covers(step), var share = shares[step.host] else { return }
        if share.state != .sending { share.rate.note(share.done, at: now) }
        change(&share, done: done, total: total, .sending)
        share.rate.note(done, at: now)
        shares[step.host] = share
        rate.note(self.done, at: now)
    }

    mutating func end(_ step: StepReference, _ outcome: StepOutcome) {
        guard covers(step), var share = shares[step.host] else { return }
        switch outcome {
        // What was there already is no part of the sum.
        case .unchanged: change(&share, done: share.done, total: share.done, .complete)
        case .changed:
            let total = max(share.total, share.done)
            change(&share, done: total, total: total, .complete)
        case .failed, .interrupted: change(&share, done: share.done, total: share.total, .ended)
        }
        shares[step.host] = share
    }

    private mutating func change(_ share: inout Share, done: Int, total: Int, _ state: State) {
        self.done += done - share.done
        (share.done, share.total, share.state) = (done, total, state)
    }

    /// Part that a host has, and bytes a second, while it is being sent to.
    func figures(of step: StepReference, at now: Duration) -> (done: Int, total: Int, rate: Int?)? {
        guard covers(step), let share = shares[step.host], share.state == .sending, share.total > 0 else { return nil }
        return (share.done, share.total, share.rate.perSecond(share.done, at: now))
    }

    /// Hosts that are being sent to, the one that has the smallest part first.
    var slowest: [HostID] {
        let sending = shares.filter { $0.value.state == .sending }
        func part(_ share: Share) -> Double { share.total > 0 ? Double(share.done) / Double(share.total) : 1 }
        return sending.sorted { one, other in
            let (first, second) = (part(one.value), part(other.value))
            return first != second ? first < second : one.key.description < other.key.description
        }.map(\.key)
    }

    func overall(at now: Duration) -> Overall {
        var counts: [State: Int] = [:]
        var total = 0
        for share in shares.values {
            counts[share.state, default: 0] += 1
            total += max(share.total, share.done)
        }
        let speed = rate.perSecond(done, at: now)
        let rest = max(0, total - done)
        let left = speed.flatMap { $0 > 0 ? Duration.seconds(Double(rest) / Double($0)) : nil }
        return Overall(
            complete: counts[.complete] ?? 0, sending: counts[.sending] ?? 0, waiting: counts[.waiting] ?? 0,
            hosts: shares.count, done: done, total: total, rate: speed, left: rest == 0 ? .zero : left)
    }
}

extension PushProgress.Overall {
    /// `142 of 200 hosts have all, 12.3 GB of 17.0 GB, 98.0 MB/s, about 48 s left`.
    var sentence: String {
        var parts = ["\(complete) of \(hosts) hosts have all", "\(done.asBytes) of \(total.asBytes)"]
        if let rate, done < total { parts.append("\(rate.asBytes)/s") }
        if let left, done < total { parts.append("about \(Self.text(left)) left") }
        return parts.joined(separator: ", ")
    }

    /// Hosts that have no line of their own.
    func others(besides shown: Int) -> String? {
        let parts = [(sending - shown, "more sent to"), (waiting, "waiting")].filter { $0.0 > 0 }
        return parts.isEmpty ? nil : parts.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    }

    private static func text(_ span: Duration) -> String {
        let seconds = Int(min(span / .seconds(1), 359_999).rounded(.up))
        switch seconds {
        case ..<90: return "\(seconds) s"
        case ..<5400: return "\((seconds + 59) / 60) min"
        default: return "\(seconds / 3600) h \(seconds / 60 % 60) min"
        }
    }
}
