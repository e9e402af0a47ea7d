// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// What facts and members say about an etcd on hosts of its own. Without such hosts there is nothing in it.
struct EtcdState: Sendable {
    /// Hosts whose member has been started.
    let standing: [Host]
    /// Hosts that begin an etcd together, or have yet to take their place among those who began it.
    let founders: [Host]
    /// Hosts that an etcd which stands takes in, one at a time.
    let joiners: [Host]
    /// Hosts whose member runs and has no vote yet, since a run was cut off there.
    let learners: [Host]
    /// `NAME=URL,…` of those who begin it.
    let initialCluster: String
    /// The host that has the CA, or makes it.
    let keeper: Host?
    /// The CA is there already.
    let hasCA: Bool
    /// A member that answers and can tell of others.
    let lead: Host?

    init(_ input: PlanInput) {
        let present = input.spec.etcd.hosts.filter { !input.absent.contains($0.id) }
        let facts = { (host: Host) in input.facts(of: host) }
        let standing = present.filter { facts($0).isMember(as: .etcd) }
        let missing = present.filter { host in
            input.isNewcomer(host) && !standing.contains { $0.id == host.id }
        }
        let begun = standing.compactMap { facts($0).etcdPeers }
        let founders = missing.filter { host in
            guard !standing.isEmpty else { return true }
            // The members know best who of them has never run; where they have no majority yet, what they were started with.
            if let known = input.etcdMembers?.first(where: { $0.runs(on: host) }) {
                return !known.name.isEmpty && !known.hasStarted
            }
            return input.etcdMembers == nil && begun.contains { Self.names(host, in: $0) }
        }
        self.standing = standing
        self.founders = founders
        joiners = missing.filter { host in !founders.contains { $0.id == host.id } }
        initialCluster =
            begun.first { list in founders.contains { Self.names($0, in: list) } }
            ?? present.map { "\(input.nodeName(of: $0))=\(EtcdMember.peerURL(of: $0))" }.joined(separator: ",")
        let keepers = (standing + missing).filter { facts($0).hasEtcdCAKey }
        hasCA = !keepers.isEmpty
        keeper = keepers.first ?? present.first
        let learners = standing.filter { host in
            input.etcdMembers?.contains { $0.runs(on: host) && $0.isLearner } ?? false
        }
        self.learners = learners
        // A learner answers no question of those that need a majority.
        let voters = standing.filter { host in !learners.contains { $0.id == host.id } }
        lead = voters.first { EtcdMember.isHealthy(on: $0, in: input.etcdMembers) } ?? voters.first
    }

    /// Hosts that have yet to start a member.
    var starting: [Host] { founders + joiners }

    private static func names(_ host: Host, in list: String) -> Bool {
        list.split(separator: ",").contains { $0.hasSuffix("=\(EtcdMember.peerURL(of: host))") }
    }
}

extension EtcdMember {
    static func isHealthy(on host: Host, in members: [EtcdMember]?) -> Bool {
        members?.contains { $0.runs(on: host) && $0.isHealthy } ?? false
    }
}
