// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension RelayMap {
    /// So many times the operator's bytes of an item may come out wrong on a host.
    static let uploadTries = 2

    /// Bytes that are wrong are wrong on every host behind the one that altered them. A parent that finds the item wrong
    /// as well is a victim; one that has it right is not.
    mutating func bad(_ host: HostID, _ item: Int, _ culprit: RelayEvent.Culprit) {
        guard let id = branches.first(where: { $0.value.members[host]?.offers.contains(item) ?? false })?.key else {
            return
        }
        hosts[host]?.verified.remove(item)
        branches[id]?.members[host]?.missing[item] = 0
        for victim in suspects[item]?.removeValue(forKey: host) ?? [] { hosts[victim]?.failed.remove(host) }
        switch culprit {
        case .upload:
            hosts[host]?.badUploads[item, default: 0] += 1
            guard hosts[host]?.badUploads[item] ?? 0 < Self.uploadTries else {
                return commands.append(.fail(host, item: item))
            }
        case .link(let number):
            guard let link = links[number], link.child == host, let parent = hosts[link.parent] else { break }
            hosts[host]?.failed.insert(link.parent)
            let isRight = parent.verified.contains(item) || hadFromStart(link.parent, item, id)
            if isRight {
                distrust(link.parent, item, host)
            } else {
                suspects[item, default: [:]][link.parent, default: []].insert(host)
            }
        case .parts: break
        }
        // What is fetched now was asked for before the item was found bad.
        release(host, id)
        seek(host, id)
    }

    /// Items that a host had in full when it became ready were verified by itself.
    private func hadFromStart(_ host: HostID, _ item: Int, _ id: Int) -> Bool {
        guard let member = branches[id]?.members[host] else { return false }
        return member.offers.contains(item) && member.missing[item] == nil
    }

    /// Takes every child away from a host that sent wrong bytes.
    mutating func distrust(_ liar: HostID, _ item: Int, _ victim: HostID) {
        commands.append(.distrust(liar, item: item, victim: victim))
        guard hosts[liar]?.isDistrusted == false else { return }
        hosts[liar]?.isDistrusted = true
        for id in branches.keys.sorted() {
            for child in branches[id]?.children(of: liar) ?? [] where child != victim {
                release(child, id)
                seek(child, id)
            }
        }
    }
}
