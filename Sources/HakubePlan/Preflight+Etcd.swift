// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Preflight {
    private var topology: EtcdTopology { spec.etcdTopology }

    /// etcd takes a member only while all it has are well, and counts the dead.
    ///
    /// - Parameter hosts: those that are made members in this run.
    func etcdFindings(_ hosts: [Host]) -> [Finding] {
        let carriers = topology.hosts.filter { carrier in hosts.contains { $0.id == carrier.id } }
        let joining = carriers.filter { facts[$0.id]?.staticPods.contains("etcd") != true }
        guard let members else { return [] }
        let removed = carriers.filter { host in
            facts[host.id]?.staticPods.contains("etcd") == true && facts[host.id]?.unfinished == nil
                && !members.contains { $0.runs(on: host) }
        }.map { host -> Finding in
            .error(
                host, "it was removed from the cluster while it could not be reached, and still holds what it held",
                "run 'hakube clean \(topology.flag) \(host.id)' first, then join it again")
        }
        guard !joining.isEmpty else { return removed }
        let stale = joining.filter { host in members.contains { $0.runs(on: host) && isStale($0, on: host) } }
        let found =
            removed
            + stale.map { host -> Finding in
                .error(
                    host, "etcd still counts a member at this address that is no longer there",
                    "run 'hakube clean \(topology.flag) \(host.id)' first, then join it again")
            }
        let known = Set(stale.map(\.id))
        let sick = topology.hosts.filter { host in
            !known.contains(host.id) && members.contains { $0.runs(on: host) && isSick($0) }
        }
        return found
            + sick.map { host in
                .error(
                    host, "its etcd member does not answer, and etcd takes no new member meanwhile",
                    "bring it back, or remove it with 'hakube clean \(topology.flag) \(host.id) --unreachable'")
            } + waitingFindings(members, besides: joining)
    }

    /// Somebody announced a member that has never come, and etcd counts it.
    private func waitingFindings(_ members: [EtcdMember], besides joining: [Host]) -> [Finding] {
        guard !topology.isStacked else { return [] }
        return members.filter { member in !member.hasStarted && !joining.contains(where: member.runs) }.map { member in
            let host = topology.hosts.first(where: member.runs)
            let remedy = host.map { "finish with 'hakube join --etcd \($0.id)'" } ?? "join its host with --etcd first"
            return .etcd(
                "it waits for a member at \(member.peerURLs.joined(separator: ", ")) that has never started, and takes no other meanwhile",
                "\(remedy), or remove it with 'etcdctl member remove \(member.hexID)'")
        }
    }

    /// A join that was cut off is finished; what is not one was a member once.
    private func isStale(_ member: EtcdMember, on host: Host) -> Bool {
        topology.isStacked ? facts[host.id]?.unfinished == nil : member.hasStarted
    }

    private func isSick(_ member: EtcdMember) -> Bool {
        !member.isHealthy && (topology.isStacked ? !member.name.isEmpty : member.hasStarted)
    }

    /// What has to hold on and among hosts of etcd's own.
    var etcdHostFindings: [Finding] {
        let hosts = spec.etcd.hosts
        guard !hosts.isEmpty else { return misplacedFindings }
        let taken = hosts.filter { facts[$0.id]?.hasKubeletConfig == true }.map { host -> Finding in
            .error(
                host, "it is a node of a cluster, and an etcd host serves nothing else",
                "take another host, or take it out of that cluster first")
        }
        let standing = hosts.filter { facts[$0.id]?.isMember(as: .etcd) == true }
        var found = misplacedFindings + taken + authorityFindings(hosts, standing)
        // Without a word from its members nobody can be added to an etcd that stands.
        let newcomers = hosts.filter { self.newcomers?.contains($0.id) ?? true }
        if self.newcomers == nil { found += etcdFindings(newcomers) }
        let strangers = newcomers.filter { host in
            guard facts[host.id]?.isMember(as: .etcd) == false else { return false }
            return !standing.contains {
                self.facts[$0.id]?.etcdPeers?.contains("=\(EtcdMember.peerURL(of: host))") == true
            }
        }
        if members == nil, !standing.isEmpty, let first = strangers.first {
            found.append(
                .error(
                    first, "etcd has no majority that could take it in",
                    "bring back its members on \(standing.map(\.id.description).joined(separator: ", ")) first"))
        }
        return found
    }

    /// All members show certificates of one CA, and only who has its key can make more.
    private func authorityFindings(_ hosts: [Host], _ standing: [Host]) -> [Finding] {
        guard let lead = standing.first, let digest = facts[lead.id]?.etcdCADigest else { return [] }
        let strange = hosts.filter { host in facts[host.id]?.etcdCADigest.map { $0 != digest } ?? false }.map {
            host -> Finding in
            .error(
                host, "its etcd has another CA than that on \(lead.id)",
                "run 'hakube clean \(topology.flag) \(host.id)' first, or leave it out")
        }
        let needsKey = hosts.contains { host in
            (newcomers?.contains(host.id) ?? true) && facts[host.id]?.isMember(as: .etcd) == false
        }
        guard needsKey, !hosts.contains(where: { facts[$0.id]?.hasEtcdCAKey == true }) else { return strange }
        return strange + [
            .error(
                lead, "no host of etcd has the key of its CA, so none can be added",
                "put it back to /etc/kubernetes/pki/etcd/ca.key on one of them, mode 0600")
        ]
    }

    /// A host of etcd is not made a node by the way.
    private var misplacedFindings: [Finding] {
        spec.kubernetesHosts.filter { facts[$0.id]?.etcdCluster != nil }.map { host in
            .error(
                host, "it runs etcd for the cluster \(facts[host.id]?.etcdCluster ?? "")",
                "remove it there with 'hakube clean --etcd \(host.id)', or leave it out")
        }
    }
}
