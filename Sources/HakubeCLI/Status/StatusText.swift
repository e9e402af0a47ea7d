// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel
import HakubePlan

/// A cluster's state for people: no line wider than 80 columns.
struct StatusText {
    let status: ClusterStatus

    private var spec: ClusterSpec { status.spec }

    /// Ends with a newline.
    var text: String {
        let parts = [head, hostTable, etcdTable, certificateLines, findingLines, [sum]]
        return parts.filter { !$0.isEmpty }.map { $0.map { $0 + "\n" }.joined() }.joined(separator: "\n")
    }

    private var head: [String] {
        let source =
            switch status.origin {
            case .cluster(let host): "its record, read from \(host)"
            case .cache: "this machine's memory of it: no master could be asked"
            case .inventory: "the inventory"
            }
        let title = "Cluster \(spec.name)" + (status.origin == .inventory ? "" : ", Kubernetes \(spec.kubernetes)")
        var lines = [title, "  endpoint  \(spec.endpoint.summary)", "  source    \(source)"]
        if case .external(let etcd) = spec.etcd {
            lines.append("  etcd      somebody else's, \(etcd.endpoints.map(\.description).joined(separator: ", "))")
        }
        return lines.flatMap {
            RunWords.broken($0, "            ", RunBoard.widest)
        }
    }

    private var hostTable: [String] {
        var table = TextTable([
            "HOST", "NODE", "ROLE", "STATE", "KUBELET", "API", spec.endpoint.guardian == nil ? "ENDPOINT" : "GUARDIAN",
            "HOSTS FILE",
        ])
        for host in status.hosts { table.add(row(host)) }
        return table.lines()
    }

    private func row(_ status: HostStatus) -> [String] {
        let host = status.host
        let node: String =
            switch (status.node?.isReady, self.status.cluster) {
            case _ where host.role == .etcd: "-"
            case (true?, _): "Ready"
            case (_, nil): "?"
            case (nil, _) where status.node == nil: "NO NODE"
            default: "NOT READY"
            }
        let name = status.name ?? "?"
        guard let answer = status.answer else {
            return [host.id.description, name, host.role.rawValue, node, "UNREACHABLE", "?", "?", "?"]
        }
        let kubelet = answer.kubelet.isEmpty ? "?" : answer.kubelet == "active" ? "active" : answer.kubelet.uppercased()
        guard host.role != .etcd else {
            return [host.id.description, name, host.role.rawValue, node, kubelet, "-", "-", "-"]
        }
        let api = host.role == .node ? "-" : answer.ready?.isReady == true ? "ready" : "NOT READY"
        let file = spec.endpoint.vip == nil ? "-" : status.hostsBlockIsRight == true ? "right" : "WRONG"
        return [host.id.description, name, host.role.rawValue, node, kubelet, api, endpoint(status, answer), file]
    }

    private func endpoint(_ status: HostStatus, _ answer: HostAnswer) -> String {
        guard status.host.role == .node else { return answer.holdsVIP ? "has the VIP" : "-" }
        guard spec.endpoint.guardian == nil else { return status.guardian?.verdict.words ?? "?" }
        return answer.endpoint.map { $0.isReady ? "answers" : "NO ANSWER" } ?? "?"
    }

    private var etcdTable: [String] {
        let etcd = status.etcd
        guard !etcd.members.isEmpty || !etcd.local.isEmpty else { return [] }
        var table = TextTable(["ETCD", "MEMBER", "STATE", "VERSION", "SIZE"])
        for host in spec.etcdTopology.hosts {
            let local = etcd.local[host.id]
            let member = etcd.members.first { $0.isAt(host.address) }
            let state: String =
                if let local {
                    !local.hasQuorum
                        ? "NO QUORUM"
                        : local.member == local.leader ? "leader" : member?.isLearner == true ? "learner" : "follower"
                } else { member == nil && !etcd.members.isEmpty ? "NO MEMBER" : "NO ANSWER" }
            let name = member.map { $0.name.isEmpty ? "not started" : $0.name } ?? "-"
            table.add([
                host.id.description, name, state, local?.version ?? "-", local.map { ByteMeter.text($0.bytes) } ?? "-",
            ])
        }
        return table.lines()
    }

    private var certificateLines: [String] {
        let ends = status.hosts.flatMap { host in host.certificates.map { (host.host.id, $0) } }
        guard let first = ends.min(by: { $0.1.end < $1.1.end }) else { return [] }
        let words = StatusInspection.words(first.1.end, seen: status.moment)
        return RunWords.broken(
            "Certificates: of \(ends.count), the first is \(first.1.name) on \(first.0): it \(words)", "  ",
            RunBoard.widest)
    }

    private var findingLines: [String] {
        status.findings.flatMap { finding -> [String] in
            let place = finding.problem.place.isEmpty ? "" : "\(finding.problem.place): "
            let what = entry(finding.severity.rawValue, place + finding.problem.message)
            return what + (finding.problem.remedy.isEmpty ? [] : entry("  to do", finding.problem.remedy))
        }
    }

    /// `name     text`, and what does not fit below the text.
    private func entry(_ name: String, _ text: String) -> [String] {
        let label = TerminalText.padded(name, to: 9)
        return RunWords.broken(label + TerminalText.printable(text), String(repeating: " ", count: 9), RunBoard.widest)
    }

    private var sum: String {
        let faults = status.findings.count { $0.severity == .fault }
        let cautions = status.findings.count { $0.severity == .caution }
        let hosts = status.hosts.count == 1 ? "1 host" : "\(status.hosts.count) hosts"
        var parts = [
            faults == 0 ? "\(hosts), all in order" : "\(hosts), \(faults == 1 ? "1 fault" : "\(faults) faults")"
        ]
        if cautions > 0 { parts.append(cautions == 1 ? "1 caution" : "\(cautions) cautions") }
        return parts.joined(separator: ", ")
    }
}
