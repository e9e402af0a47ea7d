// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan

/// Whether a cluster can do without one of its masters for a while. Pure.
struct DrillCheck {
    let status: ClusterStatus
    let target: Host
    let kind: DrillKind

    private var spec: ClusterSpec { status.spec }

    /// Everything that speaks against it; faults of hosts that could not be asked are told apart from these.
    var problems: [Problem] {
        let faults = status.findings.filter { $0.severity == .fault }.map { finding in
            Problem(
                place: finding.problem.place, message: "the cluster is not in order: \(finding.problem.message)",
                remedy: finding.problem.remedy)
        }
        return faults + apiProblems + etcdProblems + bastionProblems
    }

    private var apiProblems: [Problem] {
        let others = status.hosts.filter {
            $0.host.role == .master && $0.host.id != target.id && $0.answer?.ready?.isReady == true
        }
        guard others.isEmpty else { return [] }
        let message =
            spec.masters.count == 1
            ? "it is the only master: with it away nothing serves"
            : "no other API server serves: 0 of \(spec.masters.count - 1)"
        return [
            Problem(
                place: target.id.description, message: message,
                remedy: "a drill needs another master that serves; 'hakube join --masters …' adds some")
        ]
    }

    /// etcd's majority while the target is away, wherever its members are. On hosts of its own none of them goes with a master.
    private var etcdProblems: [Problem] {
        if case .external(let etcd) = spec.etcd { return kind == .process ? [] : neighbourProblems(etcd) }
        let members = status.etcd.asked(of: spec)
        guard let own = members.first(where: { $0.runs(on: target) }) else {
            guard spec.etcdTopology.isStacked else { return [] }
            return [
                Problem(
                    place: target.id.description, message: "which member of etcd runs here cannot be told",
                    remedy: "see 'hakube status'")
            ]
        }
        let quorum = EtcdQuorum(members)
        let away = own.isHealthy && !own.isLearner ? 1 : 0
        let left = quorum.healthy - away
        guard quorum.stands(without: away) else {
            return [
                Problem(
                    place: target.id.description,
                    message: "with it away etcd would stand still: \(left) of \(Self.counted(quorum.voters)) would "
                        + "answer, and \(quorum.majority) have to",
                    remedy: "bring the other masters' etcd back, or add masters until there are at least 3")
            ]
        }
        let rest = quorum.voters - (own.isLearner ? 0 : 1)
        guard left == rest else {
            return [
                Problem(
                    place: "",
                    message: "\(left) of etcd's \(Self.counted(rest)) beside \(target.id) answer: one more "
                        + "failure during a drill would be one too many",
                    remedy: "see 'hakube status', and bring the others back first")
            ]
        }
        return []
    }

    /// Of an etcd that somebody else runs nobody says here who its members are, and how many of them answer.
    private func neighbourProblems(_ etcd: ExternalEtcd) -> [Problem] {
        let names = [target.address.description, target.sshAddress, target.name]
        guard etcd.endpoints.contains(where: { names.contains($0.host) }) else { return [] }
        return [
            Problem(
                place: target.id.description,
                message: "a member of the etcd that somebody else runs is on it, and whether the others are a majority "
                    + "cannot be told",
                remedy: "try 'hakube drill process', which leaves that member alone")
        ]
    }

    private static func counted(_ members: Int) -> String { members == 1 ? "1 member" : "\(members) members" }

    /// Who is reached through the target cannot be asked while it is away.
    private var bastionProblems: [Problem] {
        guard kind != .process else { return [] }
        let behind = spec.hosts.filter { host in
            host.id != target.id
                && (host.access.bastions ?? []).contains {
                    $0.address == target.sshAddress || $0.address == target.address.description
                }
        }
        guard !behind.isEmpty else { return [] }
        return [
            Problem(
                place: target.id.description,
                message: "\(behind.map(\.id.description).joined(separator: ", ")) can be reached through it only",
                remedy: "try 'hakube drill process', or give those hosts another bastion")
        ]
    }
}

extension EtcdReading {
    /// The members as their hosts have told of them.
    func asked(of spec: ClusterSpec) -> [EtcdMember] {
        members.map { member in
            let own = local.values.first { $0.member == member.id }
            return EtcdMember(
                id: member.id, name: member.name, peerURLs: member.peerURLs, clientURLs: [],
                isLearner: member.isLearner, isHealthy: own.map { $0.hasQuorum && $0.leader != 0 } ?? false,
                isLeader: leader == member.id)
        }
    }
}
