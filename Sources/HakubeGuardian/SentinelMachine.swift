// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Keeps watch over one real server with a connection that is never meant to end. Pure: events in, actions out, the
/// clock is an argument. Times are milliseconds.
///
/// A beat is a few bytes that a living API server answers at once. Its silence is told apart by whether the server's
/// kernel took the bytes (host alive) or not (host gone), and confirmed by one fresh connection before it counts. An end
/// of the connection is confirmed in the same way, without any waiting: a killed process is known within milliseconds.
package struct SentinelMachine: Sendable, Hashable {
    /// How long each kind of silence may last.
    package struct Limits: Sendable, Hashable {
        /// A beat the peer's kernel does not acknowledge. Above the kernel's least retransmission time of 200 ms, so
        /// that one lost packet is not taken for a lost host.
        package var untaken: Int64 = 270
        /// A beat that was taken and not answered.
        package var unanswered: Int64 = 500
        /// The confirming connection: until it stands, then until the process speaks on it.
        package var confirmConnect: Int64 = 170
        package var confirmGreeting: Int64 = 350
        /// A connection that nothing depends on.
        package var calmConnect: Int64 = 500
        package var calmGreeting: Int64 = 5000
        /// Given on top when most servers fall silent in one moment: then this node is the likelier culprit. Also the time
        /// that this node's kernel takes until it looks again for a neighbour that did not answer (ARP, NDP).
        package var grace: Int64 = 1000
        /// When none answers: how long until that is told.
        package var despair: Int64 = 5000
        package init() {}
    }

    package enum Event: Sendable, Hashable {
        /// Time for a beat; all sentinels of a guardian beat together.
        case beat
        /// The fresh connection stands, the process has not spoken yet.
        case connected
        /// The process spoke on the fresh connection.
        case greeted
        /// The standing connection's beat was answered.
        case echoed
        /// The fresh connection was refused.
        case refused
        /// The fresh connection found no way or no answer.
        case unreachable
        /// The fresh connection failed in another way: TLS, an end before a word.
        case failed
        /// The standing connection ended.
        case ended
        /// The server said that it will end the standing connection, as servers do with old ones.
        case leaving
        /// A check that `nextCheck` asked for.
        case check(Surroundings)
        /// This program itself ran late: what it took for silence may have been its own.
        case overslept
    }

    /// What a check has to know beyond this server.
    package struct Surroundings: Sendable, Hashable {
        /// The peer's kernel has acknowledged all that was sent on the standing connection.
        package var isTaken: Bool
        package var others: Others
        package init(isTaken: Bool, others: Others) {
            self.isTaken = isTaken
            self.others = others
        }
    }

    /// What the silence of a server looks like beside the others'.
    package enum Others: Sendable, Hashable {
        case answer
        /// Most servers fell silent in the same moment: sooner a fault of this node than of all of them, so they get time.
        case mostAreSilent
        /// None answers. To take out any of them would help nobody.
        case noneAnswers
        /// None has answered for so long that this is to be told.
        case noneAnswersForLong
    }

    package enum Action: Sendable, Hashable {
        case openFresh
        case closeFresh
        /// The fresh connection becomes the standing one, whose place it takes.
        case promoteFresh
        case closeStanding
        case sendBeat
        case report(Pulse)
    }

    private enum Purpose: Hashable { case confirm, calm }
    private struct Fresh: Hashable {
        var purpose: Purpose
        var deadline: Int64
        var isConnected = false
        var tries = 1
    }

    package private(set) var pulse = Pulse.unknown
    private let limits: Limits
    private var hasStanding = false
    private var fresh: Fresh?
    /// When the oldest unanswered beat was sent, or the standing connection ended.
    private var silentSince: Int64?
    /// When it was judged to be silent.
    private var judgedAt: Int64?
    private var pardons = 0
    /// Until then its silence is put down to this node.
    private var excusedUntil: Int64 = .min
    private var retryAt: Int64 = .min
    private var confirmAfter: Int64 = .min
    /// The server takes no new connections any more, but the standing one goes on.
    private var isRetired = false

    /// A node that oversleeps again and again may not keep a dead server in rotation for ever.
    private static let mostPardons = 3
    private static let mostTries = 4
    /// Silence that began within this time of another's began in the same moment.
    private static let moment: Int64 = 1500

    package init(limits: Limits = Limits()) { self.limits = limits }

    /// Whether this server is silent now, or was judged so a moment ago.
    package func isSilent(at now: Int64) -> Bool {
        if let silentSince, now - silentSince >= limits.untaken { return true }
        return wasJustJudged(at: now)
    }

    /// Whether it counts among those whose silence is compared: it answered until a moment ago.
    package func isWatched(at now: Int64) -> Bool { pulse == .beating || wasJustJudged(at: now) }

    private func wasJustJudged(at now: Int64) -> Bool {
        guard let judgedAt, pulse.isSilent else { return false }
        return now - judgedAt < Self.moment
    }

    /// When to send `check`; nil while all is well. A beat under way is not worth a timer before the next beat.
    package func nextCheck(at now: Int64) -> Int64? {
        guard let silentSince, now > silentSince, hasStanding, fresh?.purpose != .confirm else {
            return fresh?.deadline
        }
        let limit = [limits.untaken, limits.unanswered].first { now < silentSince + $0 }
        return min(limit.map { silentSince + $0 } ?? now + 100, fresh?.deadline ?? .max)
    }

    package mutating func handle(_ event: Event, at now: Int64) -> [Action] {
        switch event {
        case .beat: return beat(at: now)
        case .connected:
            guard var fresh else { return [] }
            fresh.isConnected = true
            fresh.deadline = now + limit(of: fresh)
            self.fresh = fresh
            return []
        case .greeted: return greeted()
        case .echoed: return echoed()
        case .refused: return refused(at: now)
        // No more certain than silence, and judged with it: this node's own kernel may be the one that knows no way.
        case .unreachable: return []
        case .failed: return failed(at: now)
        case .ended: return ended(at: now)
        case .leaving: return fresh == nil && hasStanding && now >= retryAt ? open(.calm, at: now) : []
        case .check(let surroundings): return check(surroundings, at: now)
        case .overslept: return overslept(at: now)
        }
    }

    private mutating func beat(at now: Int64) -> [Action] {
        if !hasStanding || isRetired, fresh == nil, now >= retryAt { return open(.calm, at: now) + question(at: now) }
        return question(at: now)
    }

    private mutating func question(at now: Int64) -> [Action] {
        guard hasStanding else { return [] }
        // An unanswered beat is enough of a question.
        guard silentSince == nil else { return [] }
        silentSince = now
        return [.sendBeat]
    }

    private mutating func greeted() -> [Action] {
        guard fresh != nil else { return [] }
        fresh = nil
        hasStanding = true
        isRetired = false
        return [.promoteFresh] + alive()
    }

    private mutating func echoed() -> [Action] {
        guard hasStanding else { return [] }
        let isConfirming = fresh?.purpose == .confirm
        if isConfirming { fresh = nil }
        return (isConfirming ? [.closeFresh] : []) + alive()
    }

    private mutating func alive() -> [Action] {
        silentSince = nil
        pardons = 0
        excusedUntil = .min
        return report(isRetired ? .leaving : .beating)
    }

    private mutating func refused(at now: Int64) -> [Action] {
        guard hasStanding, silentSince == nil || fresh?.purpose == .calm else { return giveUp(as: .refused, at: now) }
        // A server that shuts down takes nothing new and still answers what it has: its connections end when it ends.
        isRetired = true
        return dropFresh(at: now, pause: 1000) + report(.leaving)
    }

    private mutating func failed(at now: Int64) -> [Action] {
        guard let fresh else { return [] }
        if fresh.purpose == .confirm, fresh.tries < Self.mostTries {
            // A dying process resets what waits in its listener's queue; the next try is refused.
            return [.closeFresh] + open(.confirm, at: now, tries: fresh.tries + 1)
        }
        if fresh.purpose == .confirm { confirmAfter = now + 1000 }
        let actions = dropFresh(at: now, pause: 1000)
        guard !hasStanding else { return actions }
        silentSince = nil
        return actions + report(.unknown)
    }

    private mutating func ended(at now: Int64) -> [Action] {
        guard hasStanding else { return [] }
        hasStanding = false
        silentSince = silentSince ?? now
        isRetired = false
        return [.closeStanding] + confirm(at: now)
    }

    /// Opens a connection on which the verdict depends. One that was opened calmly is under way already.
    private mutating func confirm(at now: Int64) -> [Action] {
        guard var fresh else { return now >= confirmAfter ? open(.confirm, at: now) : [] }
        if fresh.purpose == .calm {
            fresh.purpose = .confirm
            fresh.deadline = now + limit(of: fresh)
            self.fresh = fresh
        }
        return []
    }

    private mutating func check(_ surroundings: Surroundings, at now: Int64) -> [Action] {
        if surroundings.others == .noneAnswersForLong, isSilent(at: now), !pulse.isSilent {
            // All in one moment, so that none of them is taken out before the rest is known to be no better.
            return giveUp(as: fresh?.isConnected == true ? .processSilent : .hostSilent, at: now)
        }
        let limit = surroundings.isTaken ? limits.unanswered : limits.untaken
        if hasStanding, fresh?.purpose != .confirm, silence(at: now) >= limit { return confirm(at: now) }
        guard let fresh, now >= fresh.deadline else { return [] }
        let verdict = fresh.isConnected ? Pulse.processSilent : .hostSilent
        guard fresh.purpose == .confirm else {
            // For those that were silent before, a connection that leads nowhere is the verdict itself.
            return hasStanding ? dropFresh(at: now, pause: 1000) : giveUp(as: verdict, at: now)
        }
        switch surroundings.others {
        case .noneAnswers: excusedUntil = now + limits.grace
        case .mostAreSilent where silence(at: now) < limits.untaken + limits.confirmConnect + limits.grace:
            // One try more than that, should the others come back: its last one may have been lost where theirs were.
            excusedUntil = max(excusedUntil, now + limits.confirmConnect + 1)
        case .answer, .mostAreSilent, .noneAnswersForLong: break
        }
        return now < excusedUntil ? tryAgain(fresh, at: now) : giveUp(as: verdict, at: now)
    }

    /// For how long nothing was heard, in milliseconds; 0 when all is well.
    package func silence(at now: Int64) -> Int64 { silentSince.map { now - $0 } ?? 0 }

    private mutating func tryAgain(_ fresh: Fresh, at now: Int64) -> [Action] {
        guard fresh.isConnected else { return [.closeFresh] + open(.confirm, at: now) }
        self.fresh?.deadline = now + limits.confirmGreeting
        return []
    }

    private mutating func overslept(at now: Int64) -> [Action] {
        guard pardons < Self.mostPardons, silentSince != nil || fresh != nil else { return [] }
        pardons += 1
        if silentSince != nil { silentSince = now }
        if var fresh {
            fresh.deadline = now + limit(of: fresh)
            self.fresh = fresh
        }
        return []
    }

    private mutating func open(_ purpose: Purpose, at now: Int64, tries: Int = 1) -> [Action] {
        var fresh = Fresh(purpose: purpose, deadline: now, tries: tries)
        fresh.deadline += limit(of: fresh)
        self.fresh = fresh
        return [.openFresh]
    }

    private func limit(of fresh: Fresh) -> Int64 {
        switch fresh.purpose {
        case .confirm: fresh.isConnected ? limits.confirmGreeting : limits.confirmConnect
        case .calm: fresh.isConnected ? limits.calmGreeting : limits.calmConnect
        }
    }

    private mutating func dropFresh(at now: Int64, pause: Int64) -> [Action] {
        guard fresh != nil else { return [] }
        fresh = nil
        retryAt = now + pause
        return [.closeFresh]
    }

    /// The verdict against this server. Its connections are void; the next beat tries anew.
    private mutating func giveUp(as pulse: Pulse, at now: Int64) -> [Action] {
        let actions = dropFresh(at: now, pause: 0) + (hasStanding ? [.closeStanding] : [])
        hasStanding = false
        isRetired = false
        silentSince = nil
        excusedUntil = .min
        if !self.pulse.isSilent { judgedAt = now }
        return actions + report(pulse)
    }

    private mutating func report(_ pulse: Pulse) -> [Action] {
        guard pulse != self.pulse else { return [] }
        self.pulse = pulse
        return [.report(pulse)]
    }
}
