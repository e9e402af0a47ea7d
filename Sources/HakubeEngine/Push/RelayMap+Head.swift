// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension RelayMap {
    /// A group with less than this to go, in seconds, is not worth a change of the host that is first.
    static let longPush = 20.0
    /// How long a host is looked at that gets its bytes from the operator.
    static let headTrial = Duration.seconds(3)
    /// Rates that differ by less than this factor are the same.
    static let difference = 1.5

    /// A first host and the one that was put in its place.
    struct HeadTrial {
        let old: HostID
        let new: HostID
        /// What the old one took, in bytes a second.
        let rate: Double
        let since: Duration
    }

    /// To the operator a first host that is slow looks like a slow line of his own. The next in the chain, which has nearly
    /// the same bytes, tells them apart: it takes the place, once, and the change sends next to nothing twice.
    mutating func watchHead(_ host: HostID) {
        for id in branches.keys.sorted() where isRelayed(id) {
            guard let branch = branches[id], branch.members[host]?.source == .upload,
                branch.order.filter({ branch.members[$0]?.source == .upload }).count == 1,
                let since = branch.headSince, now - since >= Self.headTrial,
                let rate = hosts[host]?.received.rate(at: now), rate > 0
            else { continue }
            if let trial = branch.trial {
                conclude(trial, host, rate, id)
            } else {
                let heir = branch.children(of: host).first {
                    hosts[$0]?.isSlow == false && hosts[$0]?.isListening == true
                }
                guard let heir, Double(branch.lack(host)) / rate >= Self.longPush else { continue }
                branches[id]?.trial = HeadTrial(old: host, new: heir, rate: rate, since: now)
                crown(heir, insteadOf: host, id)
            }
        }
    }

    private mutating func conclude(_ trial: HeadTrial, _ host: HostID, _ rate: Double, _ id: Int) {
        guard host == trial.new, hosts[trial.old] != nil, branches[id]?.isTrialOver == false else { return }
        branches[id]?.isTrialOver = true
        if rate > trial.rate * Self.difference {
            hosts[trial.old]?.isSlow = true
            commands.append(.tell(trial.new, .first(insteadOf: trial.old)))
        } else if rate < trial.rate / Self.difference, branches[id]?.members[trial.old]?.missing.isEmpty == false {
            hosts[trial.new]?.isSlow = true
            crown(trial.old, insteadOf: trial.new, id)
            commands.append(.tell(trial.old, .first(insteadOf: trial.new)))
        }
    }

    /// Makes another host of the chain the first, and the first the last.
    private mutating func crown(_ heir: HostID, insteadOf head: HostID, _ id: Int) {
        let others = (branches[id]?.children(of: head) ?? []).filter { $0 != heir }
        release(heir, id)
        branches[id]?.members[heir]?.source = .queued
        uploads.addFirst(heir, id)
        release(head, id)
        branches[id]?.order.removeAll { $0 == head }
        branches[id]?.order.append(head)
        for child in others {
            release(child, id)
            connect(child, to: heir, id)
        }
        seek(head, id)
    }
}
