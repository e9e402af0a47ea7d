// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Who gets which items from whom: events in, commands out, nothing else.
///
/// Each group of items travels along a tree of its own, most often a chain in the order in which the hosts became ready:
/// the first gets its bytes from the operator, each other from the one before. A host is another's parent only for items
/// that it keeps as they travel, so every parent can pass on all that its child lacks.
struct RelayMap {
    /// Below this, in bytes that would cross the operator's line more than once, relays are not worth their connections.
    static let worth = 8_000_000
    /// A host that lost so many parents gets its bytes from the operator.
    static let patience = 2

    enum Source: Hashable {
        case none, queued, upload
        case link(RelayLink)
    }

    struct Member {
        /// Items of the group that are not there in full, and how many of their bytes are.
        var missing: [Int: Int]
        /// Items of the group that it can pass on, sooner or later.
        let offers: Set<Int>
        var source = Source.none

        var link: RelayLink? { if case .link(let link) = source { link } else { nil } }
    }

    struct Branch {
        let group: RelayGroup
        /// Chain order; who is moved to the end stands last.
        var order: [HostID] = []
        var members: [HostID: Member] = [:]
        /// When the operator began to send to the host that it sends to.
        var headSince: Duration?
        var trial: HeadTrial?
        var isTrialOver = false

        func children(of host: HostID) -> [HostID] { order.filter { members[$0]?.link?.parent == host } }
    }

    struct HostState {
        var isListening = true
        var isDirect = false
        /// It sent wrong bytes.
        var isDistrusted = false
        var isSlow = false
        /// Parents that it could not get its bytes from.
        var failed: Set<HostID> = []
        var verified: Set<Int> = []
        /// Uploads of an item that came out wrong.
        var badUploads: [Int: Int] = [:]
        var received = RateWindow()
        /// Children that it serves slower than it could.
        var slowChildren: Set<HostID> = []
    }

    let fanOut: PushSettings.FanOut
    var branches: [Int: Branch]
    var hosts: [HostID: HostState] = [:]
    /// By group, the hosts of the plan that need it, as far as is known.
    var audience: [Int: Set<HostID>]
    var uploads: UploadQueue
    var links: [UInt64: RelayLink] = [:]
    var backlogs: [UInt64: BacklogWindow] = [:]
    /// By item, who is said to have sent wrong bytes of it, and has not yet found them wrong itself.
    var suspects: [Int: [HostID: Set<HostID>]] = [:]
    /// Children whose first link failed before any link ever carried a byte.
    var cutOff: Set<HostID> = []
    var hasRelayed = false
    var nextLink: UInt64 = 1
    var now = Duration.zero
    var commands: [RelayCommand] = []
    /// Something happened after which nobody may lack anything.
    private var mayBeComplete = false

    /// - Parameter audience: by group, every host of the plan that may need it.
    init(_ groups: [RelayGroup], audience: [Int: Set<HostID>], fanOut: PushSettings.FanOut, uploads: Int) {
        self.fanOut = fanOut
        self.audience = audience
        self.uploads = UploadQueue(width: uploads)
        branches = Dictionary(uniqueKeysWithValues: groups.map { ($0.id, Branch(group: $0)) })
    }

    /// Takes in what happened and says what is to be done, in this order.
    mutating func take(_ event: RelayEvent, at moment: Duration) -> [RelayCommand] {
        now = max(now, moment)
        commands = []
        mayBeComplete = false
        switch event {
        case .unneeded(let host): for group in audience.keys { audience[group]?.remove(host) }
        case .ready(let host, let standing): join(host, standing)
        case .done(let host, let item): done(host, item)
        case .bad(let host, let item, let culprit): bad(host, item, culprit)
        case .lost(let host, let link, let why): lost(host, link, why)
        case .backlog(let host, let link, let available, let sent): measure(host, link, available, sent)
        case .received(let host, let total):
            hosts[host]?.received.add(total, at: now)
            watchHead(host)
        case .gone(let host): leave(host)
        }
        if mayBeComplete, !hosts.isEmpty, isComplete { commands.append(.finish) }
        return commands
    }

    /// No host that is ready lacks anything.
    var isComplete: Bool { branches.values.allSatisfy { $0.members.values.allSatisfy(\.missing.isEmpty) } }

    private mutating func join(_ host: HostID, _ standing: RelayStanding) {
        leave(host)
        var state = HostState()
        state.isListening = standing.isListening
        state.isDirect = standing.isDirect
        hosts[host] = state
        mayBeComplete = true
        for id in branches.keys.sorted() {
            guard let group = branches[id]?.group, audience[id]?.contains(host) ?? false else { continue }
            let items = Set(group.items)
            let missing = standing.missing.filter { items.contains($0.key) }
            let offers = items.intersection(standing.wire.union(missing.keys))
            branches[id]?.members[host] = Member(missing: missing, offers: offers)
            branches[id]?.order.append(host)
            if isRelayed(id), !standing.isDirect { takeOver(host, id) }
            if branches[id]?.members[host]?.source == Source.none { seek(host, id) }
        }
    }

    /// A host that lacks less than the one the operator sends to stands before it: nothing is sent that a host has.
    private mutating func takeOver(_ host: HostID, _ id: Int) {
        guard hosts[host]?.isListening == true, let branch = branches[id], let member = branch.members[host] else {
            return
        }
        let slack = 1 << 20
        for other in branch.order where other != host {
            guard let elder = branch.members[other], elder.source == .upload || elder.source == .queued,
                hosts[other]?.isDirect == false, Set(elder.missing.keys).isSubset(of: member.offers),
                branch.lack(host) + slack < branch.lack(other) || member.missing.isEmpty
            else { continue }
            let hasSource = branches[id]?.members[host]?.source != Source.none
            release(other, id)
            if !member.missing.isEmpty, !hasSource { upload(host, id) }
            connect(other, to: host, id)
        }
    }

    private mutating func done(_ host: HostID, _ item: Int) {
        hosts[host]?.verified.insert(item)
        for (id, branch) in branches where branch.members[host]?.missing[item] != nil {
            branches[id]?.members[host]?.missing[item] = nil
            guard branches[id]?.members[host]?.missing.isEmpty == true else { continue }
            mayBeComplete = true
            release(host, id)
        }
        // It knew the right bytes and sent others.
        for victim in suspects[item]?.removeValue(forKey: host) ?? [] { distrust(host, item, victim) }
    }

    /// Forgets a host; whoever got bytes from it gets them elsewhere.
    private mutating func leave(_ host: HostID) {
        guard hosts[host] != nil else { return }
        mayBeComplete = true
        for id in branches.keys.sorted() {
            guard branches[id]?.members[host] != nil else { continue }
            let children = branches[id]?.children(of: host) ?? []
            release(host, id)
            branches[id]?.members[host] = nil
            branches[id]?.order.removeAll { $0 == host }
            for child in children { replace(child, id, lost: host, why: "is gone") }
        }
        hosts[host] = nil
        for other in hosts.keys { hosts[other]?.failed.remove(host) }
    }

    private mutating func lost(_ host: HostID, _ link: UInt64, _ why: LinkFailure) {
        guard let lost = links[link], branches[lost.group]?.members[host]?.link == lost else { return }
        hosts[host]?.failed.insert(lost.parent)
        if !hasRelayed, [.refused, .unreachable].contains(why) { cutOff.insert(host) }
        if [.refused, .unreachable, .key].contains(why), hosts[host]?.failed.count == 1 {
            stepOver(lost, why)
        } else {
            replace(host, lost.group, lost: lost.parent, why: why.words)
        }
    }

    /// Gives a host another source and tells of it.
    mutating func replace(_ host: HostID, _ id: Int, lost parent: HostID, why: String) {
        release(host, id)
        seek(host, id)
        let now = branches[id]?.members[host]?.link?.parent
        commands.append(.tell(host, .sourceLost(parent, why: why, now: now)))
    }
}

extension RelayMap.Branch {
    /// Wire bytes that a host had not got when it became ready, of what is not done yet.
    func lack(_ host: HostID) -> Int {
        members[host]?.missing.reduce(0) { $0 + (group.wire[$1.key] ?? 0) - $1.value } ?? 0
    }
}
