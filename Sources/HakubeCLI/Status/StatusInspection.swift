// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTransport

/// Holds what hosts and cluster say against what the cluster shall be. Pure: answers in, findings out.
struct StatusInspection: Sendable {
    let spec: ClusterSpec
    let origin: StandingCluster.Origin
    let moment: Date
    let replies: [HostID: HostReply]
    /// What a serving master said; `nil` when there is none.
    let cluster: ClusterAnswer?

    var status: ClusterStatus {
        let etcd = EtcdReading(
            spec.etcdTopology.hosts.compactMap { host in replies[host.id]?.answer.map { (host.id, $0) } })
        let hosts = spec.hosts.map(status)
        let findings =
            clusterFindings + endpointFindings + etcdFindings(etcd) + hosts.flatMap(findings) + strangers
            + credentialFindings
        return ClusterStatus(
            spec: spec, origin: origin, moment: moment, hosts: hosts, etcd: etcd, cluster: cluster,
            findings: [.fault, .caution, .note].flatMap { severity in findings.filter { $0.severity == severity } })
    }

    func finding(
        _ severity: StatusFinding.Severity, _ place: String, _ message: String, _ remedy: String
    ) -> StatusFinding {
        StatusFinding(severity: severity, problem: Problem(place: place, message: message, remedy: remedy))
    }

    private var clusterFindings: [StatusFinding] {
        guard cluster == nil else { return [] }
        return [
            finding(
                .fault, "", "no API server answers on any master, so nothing can be said about nodes",
                "start the masters; what is wrong with each stands below")
        ]
    }

    /// The CA that the cluster's masters have; a serving one's counts first.
    private var clusterCA: String? {
        let answers = spec.masters.compactMap { replies[$0.id]?.answer }
        return (answers.first { $0.ready?.isReady == true } ?? answers.first { $0.clusterCA != nil })?.clusterCA
    }

    // MARK: - One host

    private func status(_ host: Host) -> HostStatus {
        let answer = replies[host.id]?.answer
        let name = host.name ?? answer.map { $0.hostname.lowercased() }
        let node =
            cluster?.nodes.first { $0.name == name } ?? cluster?.nodes.first { $0.addresses.contains(host.address) }
        let guardian =
            spec.endpoint.guardian == nil
            ? nil : answer?.guardian.flatMap { GuardianInspection(spec: spec).findings([host.id: $0]).first }
        return HostStatus(
            host: host, name: name ?? node?.name, answer: answer, node: node,
            hostsBlockIsRight: host.role == .etcd
                ? nil : answer.map { HostsBlockInspection(spec: spec, host: host).complaint($0.hosts) == nil },
            guardian: guardian, certificates: answer.map(certificateEnds) ?? [])
    }

    private func findings(_ status: HostStatus) -> [StatusFinding] {
        let host = status.host
        let place = host.id.description
        guard let answer = status.answer else {
            return [silence(of: host)] + nodeFindings(status)
        }
        guard host.role != .etcd else { return etcdHostFindings(status, answer) }
        guard let ca = answer.clusterCA, answer.kubelet != "" else {
            return [
                finding(
                    .fault, place, "this host has joined no cluster",
                    "finish with the command that was to make it a member, or take it out of the cluster with 'hakube clean'"
                )
            ]
        }
        guard clusterCA == nil || ca == clusterCA else {
            return [
                finding(
                    .fault, place, "this host belongs to another cluster: its CA is not this cluster's",
                    "see which one with 'hakube status --from \(place)', and take the host out of one of the two")
            ]
        }
        var found = unitFindings(status, answer)
        if let complaint = HostsBlockInspection(spec: spec, host: host).complaint(answer.hosts) {
            found.append(
                finding(
                    .fault, place, complaint,
                    "make the line between '# hakube begin \(spec.name)' and '# hakube end \(spec.name)' "
                        + "'\(HostsBlockInspection(spec: spec, host: host).line)', before any other for this name"))
        }
        if host.role == .master { found += apiFindings(place, answer) + etcdServersFindings(place, answer) }
        if let endpoint = answer.endpoint, !endpoint.isReady {
            let words = TerminalText.printable(endpoint.words)
            found.append(
                finding(
                    .fault, place,
                    "\(spec.endpoint.authority) does not answer from here\(words.isEmpty ? "" : ": \(words)")",
                    "see what stands between this host and \(spec.endpoint.vip?.description ?? "the load balancer")"))
        }
        found += (status.guardian?.problems ?? []).map { StatusFinding(severity: .fault, problem: $0) }
        found += (status.guardian?.notes ?? []).map { finding(.caution, place, "the guardian: \($0)", "") }
        return found + nodeFindings(status) + certificateFindings(status)
    }

    func unitFindings(_ status: HostStatus, _ answer: HostAnswer) -> [StatusFinding] {
        let place = status.host.id.description
        var found: [StatusFinding] = []
        if answer.kubelet != "active" {
            found.append(
                finding(
                    .fault, place, "the kubelet is \(answer.kubelet)",
                    "see 'journalctl -u kubelet' on the host, then 'systemctl start kubelet'"))
        }
        if answer.runtime != "active", status.node?.isReady != true {
            found.append(
                finding(
                    .fault, place, "containerd is \(answer.runtime.isEmpty ? "not there" : answer.runtime)",
                    "see 'journalctl -u containerd' on the host, then 'systemctl start containerd'"))
        }
        return found
    }

    private func silence(of host: Host) -> StatusFinding {
        let place = host.id.description
        switch replies[host.id] {
        case .silent(let error): return finding(.fault, place, "cannot be asked: \(error.message)", error.remedy)
        case .unclear(let line):
            return finding(
                .fault, place, "did not finish answering\(line.isEmpty ? "" : ": \(line)")",
                "log in by hand and see whether sh, sed and base64 work there")
        case .said, nil: return finding(.fault, place, "was not asked", "run the command again")
        }
    }

    /// Of an answer of /readyz the checks that failed: `[-]etcd failed: reason withheld` among many that did not.
    private static func failedChecks(_ words: String) -> String? {
        let checks = words.split(separator: "[-]").dropFirst().compactMap { $0.split(separator: " ").first }
        return checks.isEmpty ? nil : "\(checks.joined(separator: ", ")) failed"
    }

    private func apiFindings(_ place: String, _ answer: HostAnswer) -> [StatusFinding] {
        guard let ready = answer.ready else {
            return [finding(.fault, place, "its API server was not asked", "see whether kubectl is on the host")]
        }
        guard !ready.isReady else { return [] }
        let words = Self.failedChecks(ready.words) ?? TerminalText.printable(ready.words)
        return [
            finding(
                .fault, place, "its API server is not ready\(words.isEmpty ? "" : ": \(words)")",
                "see 'crictl ps -a' and the logs of kube-apiserver and etcd below /var/log/pods on the host")
        ]
    }
}
