// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// Every reason not to remove hosts from a cluster, before anything is touched.
package struct RemovalPreflight: Sendable {
    let spec: ClusterSpec
    let facts: [HostID: Facts]
    let removal: Removal

    package init(spec: ClusterSpec, facts: [HostID: Facts], removal: Removal) {
        self.spec = spec
        self.facts = facts
        self.removal = removal
    }

    package var problems: [Problem] {
        foreignHosts + strangeHosts + (removal.isWhole ? [] : leavingNames + remainder)
    }

    private var topology: EtcdTopology { spec.etcdTopology }
    /// Those who take a vote with them.
    private var leavingVoters: [Host] { topology.hosts.filter(removal.leaves) }
    private var remainingMasters: [Host] { spec.masters.filter { !removal.leaves($0) } }

    /// An external name that goes on to mean a master that has left fails for its share of all requests.
    private var leavingNames: [Problem] {
        guard spec.endpoint.kind == .external, !removal.isForced else { return [] }
        return spec.masters.filter(removal.leaves).filter { master in
            facts.contains { $0.key != master.id && $0.value.endpointAddresses.contains(master.address) }
        }.map { master in
            Problem(
                place: master.id.description,
                message: "the endpoint's name \(spec.endpoint.name) means this master, which is to leave",
                remedy: "take its record out of DNS first, or write --force")
        }
    }

    /// A host that went to another cluster meanwhile is not ours to clear.
    private var foreignHosts: [Problem] {
        let strangers = spec.hosts.filter(removal.leaves).compactMap { host -> Problem? in
            let names =
                ManagedBlock.names(in: facts[host.id]?.hosts ?? "") + [facts[host.id]?.etcdCluster].compactMap { $0 }
            guard !names.isEmpty, !names.contains(spec.name) else { return nil }
            return belongs(host, to: "the cluster \(names.joined(separator: " and "))")
        }
        let serving = spec.masters.first { facts[$0.id]?.serves == true }
        let votes = spec.hosts.compactMap { facts[$0.id]?.clusterCADigest }
        // Without a master that serves, the CA that most of the hosts have is the cluster's.
        let most = Dictionary(grouping: votes) { $0 }.max { ($0.value.count, $1.key) < ($1.value.count, $0.key) }?.key
        guard let own = serving.flatMap({ facts[$0.id]?.clusterCADigest }) ?? most else { return strangers }
        let known = Set(strangers.map(\.place))
        return strangers
            + spec.hosts.filter(removal.leaves).compactMap { host in
                guard let other = facts[host.id]?.clusterCADigest, other != own, !known.contains(host.id.description)
                else { return nil }
                return belongs(host, to: "another cluster than \(spec.name)")
            }
    }

    private func belongs(_ host: Host, to cluster: String) -> Problem {
        Problem(
            place: host.id.description, message: "it belongs to \(cluster) now",
            remedy: "leave it out; 'hakube clean' with that cluster's name or address clears it")
    }

    /// There is no receipt of what hakube did not do.
    private var strangeHosts: [Problem] {
        spec.hosts.filter(removal.leaves).compactMap { host in
            guard let facts = facts[host.id], facts.hasKubeletConfig, !facts.hasTraces else { return nil }
            return Problem(
                place: host.id.description, message: "hakube did not make it a member, so it cannot give it back",
                remedy: "drain it, remove it with 'kubeadm reset' there and 'kubectl delete node'")
        }
    }

    private var remainder: [Problem] {
        let command = "hakube clean --all"
        guard !remainingMasters.isEmpty else {
            return [
                Problem(
                    place: "--masters", message: "no master would remain",
                    remedy: "write '\(command)' to end the whole cluster")
            ]
        }
        guard remainingMasters.contains(where: { facts[$0.id]?.serves == true }) else {
            return [
                Problem(
                    place: spec.name, message: "none of the masters that remain answers, so nothing can leave in order",
                    remedy: "start them first; '\(command)' ends the whole cluster without them")
            ]
        }
        return quorumProblems
    }

    private var title: String { topology.hosts.first?.role.title ?? "master" }

    /// Removing a member needs a majority before and after.
    private var quorumProblems: [Problem] {
        guard !leavingVoters.isEmpty else { return [] }
        guard topology.hosts.count > leavingVoters.count else {
            return [
                Problem(
                    place: topology.flag, message: "no member of etcd would remain",
                    remedy: "write 'hakube clean --all' to end the whole cluster")
            ]
        }
        guard let members = removal.members else {
            return [
                Problem(
                    place: "etcd", message: "it did not tell who its members are",
                    remedy:
                        "see 'crictl ps -a' on the \(title)s; etcd has to have a majority before one of them can leave")
            ]
        }
        guard !removal.isForced else { return [] }
        let going = leavingVoters.compactMap { host in members.first { $0.runs(on: host) && !$0.isLearner } }
        let dead = going.count { !$0.isHealthy }
        let quorum = EtcdQuorum(members)
        guard !quorum.survives(removingHealthy: going.count - dead, dead: dead) else { return [] }
        let count =
            "etcd has \(quorum.voters) members, of which \(quorum.healthy) \(quorum.healthy == 1 ? "is" : "are") healthy"
        let all = members.filter { !$0.isLearner && !$0.isHealthy }
        let unhealthy = topology.hosts.filter { host in all.contains { $0.runs(on: host) } }.map(\.id.description)
        let spare = quorum.spare(afterRemovingDead: all.count)
        let advice =
            unhealthy.isEmpty
            ? "at most \(spare) may go now" : "bring \(unhealthy.joined(separator: " and ")) back, or remove it first"
        return [
            Problem(
                place: leavingVoters.map(\.id.description).joined(separator: ","),
                message:
                    "\(count); without \(leavingVoters.count == 1 ? "this one" : "these") no majority would stand",
                remedy: "\(advice); --force tries all the same, and can end the cluster")
        ]
    }
}
