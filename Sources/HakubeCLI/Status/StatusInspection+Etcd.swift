// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan

extension StatusInspection {
    /// etcd's default quota, from which on it takes no more writes: 2 GiB.
    private static let quota = 2 << 30

    func etcdFindings(_ etcd: EtcdReading) -> [StatusFinding] {
        let hosts = spec.etcdTopology.hosts
        // Somebody else's is somebody else's to look after; whether API servers reach it they say themselves.
        guard let role = hosts.first?.role else { return [] }
        var found: [StatusFinding] = []
        if !etcd.local.isEmpty, etcd.leader == nil {
            found.append(
                finding(
                    .fault, "", "etcd has no leader that its members agree on: the cluster cannot be changed",
                    "bring \(role.title)s back until a majority of \(hosts.count) runs"))
        }
        for host in hosts { found += findings(host, etcd) }
        let strange = etcd.members.filter { member in !hosts.contains { member.isAt($0.address) } }
        found += strange.map { member in
            let name = member.name.isEmpty ? "without a name" : member.name
            return finding(
                .fault, "",
                "etcd has the member \(name) at \(member.peerURLs.joined(separator: ", ")), which is no \(role.title) here",
                "it counts for the majority: if that host is gone for good, remove it with "
                    + "'etcdctl member remove \(String(member.id, radix: 16))'")
        }
        if etcd.members.count > 1, etcd.members.count.isMultiple(of: 2) {
            found.append(
                finding(
                    .caution, "",
                    "etcd has \(etcd.members.count) members, and survives no more failures than \(etcd.members.count - 1)",
                    "an odd number of \(role.title)s is better"))
        }
        return found
    }

    /// A host of etcd's own: its kubelet serves no cluster, and its name for the endpoint means nothing.
    func etcdHostFindings(_ status: HostStatus, _ answer: HostAnswer) -> [StatusFinding] {
        let place = status.host.id.description
        guard let authority = answer.etcdCA, !answer.kubelet.isEmpty else {
            return [
                finding(
                    .fault, place, "this host runs no etcd yet",
                    "finish with the command that was to make it a member, or take it out of the cluster with 'hakube clean'"
                )
            ]
        }
        let known = spec.etcd.hosts.lazy.compactMap { replies[$0.id]?.answer?.etcdCA }.first
        guard known == nil || known == authority else {
            return [
                finding(
                    .fault, place, "its etcd has another CA than the others'",
                    "take the host out with 'hakube clean --etcd \(place)' and join it again")
            ]
        }
        return unitFindings(status, answer) + certificateFindings(status)
    }

    /// Where a command that changed the members was cut off, an API server asks who is gone, or not who has come.
    func etcdServersFindings(_ place: String, _ answer: HostAnswer) -> [StatusFinding] {
        let wanted = (spec.etcdTopology.wantedEndpoints ?? []).map(\.description)
        let own = answer.etcdServers.split(whereSeparator: { ",\n".contains($0) }).map(String.init)
        guard !wanted.isEmpty, !own.isEmpty, Set(own) != Set(wanted) else { return [] }
        return [
            finding(
                .caution, place,
                "its API server asks etcd at \(TerminalText.printable(own.joined(separator: ", "))), "
                    + "and its members are at \(wanted.joined(separator: ", "))",
                "run the command that was to change them again; it gives each API server the list")
        ]
    }

    private func findings(_ host: Host, _ etcd: EtcdReading) -> [StatusFinding] {
        guard let answer = replies[host.id]?.answer,
            (host.role == .etcd ? answer.etcdCA : answer.clusterCA) != nil
        else { return [] }
        let place = host.id.description
        guard let local = etcd.local[host.id] else {
            return [
                finding(
                    .fault, place, "its etcd does not answer",
                    "see 'crictl ps -a --name etcd' and etcd's log below /var/log/pods on the host")
            ]
        }
        var found: [StatusFinding] = []
        if !etcd.members.isEmpty, !etcd.members.contains(where: { $0.isAt(host.address) }) {
            found.append(
                finding(
                    .fault, place, "its etcd is no member of the cluster's etcd",
                    "take the \(host.role.title) out and join it again"))
        }
        // A learner answers no such question, whoever stands behind it.
        if etcd.members.contains(where: { $0.id == local.member && $0.isLearner }) {
            found.append(
                finding(
                    .fault, place, "its etcd has no vote yet",
                    "run the command that was to make it a member again"))
        } else if !local.hasQuorum {
            found.append(
                finding(
                    .fault, place, "its etcd cannot commit anything: it sees no majority",
                    "see whether the \(host.role.title)s reach each other on ports 2379 and 2380"))
        }
        found += local.alarms.map { alarm in
            finding(
                .fault, place, "its etcd says: \(TerminalText.printable(alarm))",
                "for NOSPACE compact and defragment, then disarm the alarm")
        }
        if local.bytes > Self.quota / 5 * 4 {
            found.append(
                finding(
                    .caution, place,
                    "its etcd holds \(ByteMeter.text(local.bytes)); at \(ByteMeter.text(Self.quota)) it takes no more",
                    "defragment it, and look for what writes so much"))
        }
        return found
    }
}
