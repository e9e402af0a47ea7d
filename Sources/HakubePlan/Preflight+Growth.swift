// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Preflight {
    /// What keeps hosts from joining a cluster that stands.
    var growthFindings: [Finding] {
        guard let newcomers else { return halfMadeFindings(spec.hosts) + strangerFindings(spec.hosts) }
        let hosts = spec.hosts.filter { newcomers.contains($0.id) }
        guard spec.masters.contains(where: { facts[$0.id]?.serves == true }) else {
            return [
                .error(
                    spec.masters[0], "no master of the cluster \(spec.name) answers",
                    "start its masters; 'hakube status' shows what each of them lacks")
            ]
        }
        return halfMadeFindings(hosts) + strangerFindings(hosts) + etcdFindings(hosts) + memberFindings(hosts)
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
            guard let facts = facts[host.id] else { return nil }
            guard facts.unfinished != nil || facts.hasKubeletConfig || facts.etcdCluster != nil else { return nil }
            let names = clusters(of: host)
            guard !names.isEmpty, !names.contains(spec.name) else { return nil }
            let state = facts.unfinished == nil ? "a member of" : "half joined to"
            return .error(
                host, "it is \(state) the cluster \(names.joined(separator: " and "))",
                "remove it there with 'hakube clean', or leave it out")
        }
    }
}
