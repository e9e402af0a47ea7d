// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension RelayMap {
    /// Whether hosts pass a group on to each other.
    func isRelayed(_ id: Int) -> Bool {
        let hosts = audience[id]?.count ?? 0
        switch fanOut {
        case .direct: return false
        case .relay: return hosts >= 2
        case .auto: return hosts >= 3 && (branches[id]?.group.byteCount ?? 0) * (hosts - 1) >= Self.worth
        }
    }

    /// Finds a source for a host that has none.
    mutating func seek(_ host: HostID, _ id: Int) {
        guard let member = branches[id]?.members[host], !member.missing.isEmpty else { return }
        if let parent = parent(for: host, id) { connect(host, to: parent, id) } else { upload(host, id) }
    }

    /// The nearest before it in the chain, rather one that serves nobody yet.
    private func parent(for child: HostID, _ id: Int) -> HostID? {
        guard isRelayed(id), let branch = branches[id], let state = hosts[child], !state.isDirect,
            state.failed.count < Self.patience, !isCutOff(child)
        else { return nil }
        let place = branch.order.firstIndex(of: child) ?? branch.order.endIndex
        let before = branch.order[..<place].reversed()
        let behind = branch.order[place...].dropFirst().reversed()
        var least: (host: HostID, children: Int)?
        // The nearest serves nobody yet, most often: a thousand others need not be looked at.
        for host in [Array(before), Array(behind)].joined() where canServe(host, child, branch) {
            let children = branch.children(of: host).count
            if children == 0 { return host }
            if children < least?.children ?? .max { least = (host, children) }
        }
        return least?.host
    }

    /// Where two have met a closed door and no connection between hosts has ever worked, none is tried any more.
    private func isCutOff(_ host: HostID) -> Bool { !hasRelayed && cutOff.count >= 2 }

    private func canServe(_ host: HostID, _ child: HostID, _ branch: Branch) -> Bool {
        guard host != child, let member = branch.members[host], let state = hosts[host], let other = hosts[child],
            let lacking = branch.members[child]?.missing.keys
        else { return false }
        return state.isListening && !state.isDirect && !state.isDistrusted && !other.failed.contains(host)
            && (!state.isSlow || other.isSlow) && (member.missing.isEmpty || member.source != .none)
            && member.offers.isSuperset(of: lacking) && !isBehind(host, child, branch)
    }

    /// A host that gets its bytes from `ancestor`, over however many others.
    private func isBehind(_ host: HostID, _ ancestor: HostID, _ branch: Branch) -> Bool {
        var place = host
        for _ in branch.order {
            guard let parent = branch.members[place]?.link?.parent else { return false }
            if parent == ancestor { return true }
            place = parent
        }
        return false
    }

    /// A parent that cannot be connected to gives its place to the child and becomes the last: it may well connect to others.
    mutating func stepOver(_ link: RelayLink, _ why: LinkFailure) {
        guard let branch = branches[link.group], let grandparent = branch.members[link.parent]?.link?.parent,
            isRelayed(link.group), canServe(grandparent, link.child, branch), !isCutOff(link.child)
        else { return replace(link.child, link.group, lost: link.parent, why: why.words) }
        release(link.child, link.group)
        release(link.parent, link.group)
        branches[link.group]?.order.removeAll { $0 == link.parent }
        branches[link.group]?.order.append(link.parent)
        connect(link.child, to: grandparent, link.group)
        seek(link.parent, link.group)
        commands.append(.tell(link.child, .sourceLost(link.parent, why: why.words, now: grandparent)))
    }

    mutating func connect(_ child: HostID, to parent: HostID, _ id: Int) {
        let link = RelayLink(id: nextLink, group: id, parent: parent, child: child)
        nextLink += 1
        links[link.id] = link
        branches[id]?.members[child]?.source = .link(link)
        commands.append(.relay(link))
    }

    mutating func upload(_ host: HostID, _ id: Int) {
        branches[id]?.members[host]?.source = .queued
        uploads.add(host, id)
        startUploads()
    }

    private mutating func startUploads() {
        while let (host, id) = uploads.next() {
            guard branches[id]?.members[host]?.source == .queued else {
                uploads.end(host, id)
                continue
            }
            branches[id]?.members[host]?.source = .upload
            branches[id]?.headSince = now
            commands.append(.upload(host, group: id))
        }
    }

    /// Takes a host's source away. What it has stays.
    mutating func release(_ host: HostID, _ id: Int) {
        guard let member = branches[id]?.members[host] else { return }
        branches[id]?.members[host]?.source = .none
        switch member.source {
        case .none: return
        case .queued, .upload:
            uploads.end(host, id)
            if member.source == .upload, !member.missing.isEmpty { commands.append(.stop(host, group: id)) }
            startUploads()
        case .link(let link):
            links[link.id] = nil
            backlogs[link.id] = nil
            if !member.missing.isEmpty { commands.append(.expel(link.parent, link: link.id)) }
        }
    }
}

/// Uploads wait for each other: so many hosts at a time, in the order in which they asked.
struct UploadQueue {
    let width: Int
    private var waiting: [(host: HostID, group: Int)] = []
    private var running: [HostID: Set<Int>] = [:]

    init(width: Int) { self.width = max(1, width) }

    mutating func add(_ host: HostID, _ group: Int) { waiting.append((host, group)) }

    mutating func addFirst(_ host: HostID, _ group: Int) { waiting.insert((host, group), at: 0) }

    /// The next that may begin. A host that is sent to already takes no second place.
    mutating func next() -> (host: HostID, group: Int)? {
        let index = waiting.firstIndex { running[$0.host] != nil || running.count < width }
        guard let index else { return nil }
        let entry = waiting.remove(at: index)
        running[entry.host, default: []].insert(entry.group)
        return entry
    }

    mutating func end(_ host: HostID, _ group: Int) {
        waiting.removeAll { $0.host == host && $0.group == group }
        running[host]?.remove(group)
        if running[host]?.isEmpty == true { running[host] = nil }
    }
}
