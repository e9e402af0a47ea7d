// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Preflight {
    /// What keeps hosts from joining a cluster that stands.
    var growthFindings: [Finding] {
        guard let newcomers else { return halfMadeFindings(spec.hosts) + strangerFindings(spec.hosts) }
        let hosts = spec.hosts.filter { newcomers.contains($0.id) }
        guard let lead = spec.masters.first(where: { facts[$0.id]?.serves == true }) else {
            return [
                .error(
                    spec.masters[0], "no master of the cluster \(spec.name) answers",
                    "start its masters; 'hakube status' shows what each of them lacks")
            ]
        }
        return halfMadeFindings(hosts) + strangerFindings(hosts) + etcdFindings(hosts, lead: lead)
            + memberFindings(hosts)
    }

    /// A member that hakube did not make: what a fresh member needs out of its way is what this one lives on.
    private func strangerFindings(_ hosts: [Host]) -> [Finding] {
        hosts.compactMap { host in
            guard let facts = facts[host.id], facts.hasKubeletConfig, !facts.hasTraces, clusters(of: host).isEmpty
            else { return nil }
            return .error(
                host, "it is a member of a cluster that was not made by hakube",
                "leave it out, or clear it with 'kubeadm reset' first")
        }
    }

    /// Where masters join, every worker has to learn of them.
    private func memberFindings(_ hosts: [Host]) -> [Finding] {
        guard spec.endpoint.guardian != nil, hosts.contains(where: { $0.role == .master }) else { return [] }
        return spec.nodes.filter { host in
            !hosts.contains { $0.id == host.id } && facts[host.id].map { !$0.hasGuardian } ?? false
        }.map { .error($0, "this worker has no guardian that could learn of new masters", "see 'hakube status'") }
    }

    /// A join that was cut off is finished by the same command, but only into the same cluster.
    private func halfMadeFindings(_ hosts: [Host]) -> [Finding] {
        hosts.compactMap { host in
            guard facts[host.id]?.unfinished != nil || facts[host.id]?.hasKubeletConfig == true else { return nil }
            let names = clusters(of: host)
            guard !names.isEmpty, !names.contains(spec.name) else { return nil }
            let state = facts[host.id]?.unfinished == nil ? "a member of" : "half joined to"
            return .error(
                host, "it is \(state) the cluster \(names.joined(separator: " and "))",
                "remove it there with 'hakube clean', or leave it out")
        }
    }

    /// etcd takes a member only while all it has are well, and counts the dead.
    private func etcdFindings(_ hosts: [Host], lead: Host) -> [Finding] {
        let joining = hosts.filter { host in
            host.role == .master && facts[host.id]?.staticPods.contains("etcd") != true
        }
        guard let members else { return [] }
        let removed = hosts.filter { host in
            host.role == .master && facts[host.id]?.staticPods.contains("etcd") == true
                && facts[host.id]?.unfinished == nil && !members.contains { $0.runs(on: host) }
        }.map { host -> Finding in
            .error(
                host, "it was removed from the cluster while it could not be reached, and still holds what it held",
                "run 'hakube clean --masters \(host.id)' first, then join it again")
        }
        guard !joining.isEmpty else { return removed }
        let stale = joining.filter { host in
            facts[host.id]?.unfinished == nil && members.contains { $0.runs(on: host) }
        }
        var found =
            removed
            + stale.map { host -> Finding in
                .error(
                    host, "etcd still counts a member at this address that is no longer there",
                    "run 'hakube clean --masters \(host.id)' first, then join it again")
            }
        let known = Set(stale.map(\.id))
        let sick = spec.masters.filter { host in
            !known.contains(host.id) && members.contains { $0.runs(on: host) && !$0.isHealthy && !$0.name.isEmpty }
        }
        found += sick.map { host in
            .error(
                host, "its etcd member does not answer, and etcd takes no new member meanwhile",
                "bring it back, or remove it with 'hakube clean --masters \(host.id) --unreachable'")
        }
        return found
    }
}
