// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTransport

/// What is found on one worker.
struct GuardianFinding: Sendable, Hashable {
    enum Verdict: String, Sendable, Hashable, Codable {
        case inOrder, deviates, unreachable, noGuardian
    }

    let host: HostID
    let verdict: Verdict
    /// `nil` where none was to be had.
    let report: GuardianReport?
    /// Why the worker is not in order, each with what to do next.
    let problems: [Problem]
    /// What an operator may want to know although the worker is in order.
    let notes: [String]
}

/// Holds what the guardians say against what the inventory wants. Pure: answers in, findings out.
struct GuardianInspection: Sendable {
    let spec: ClusterSpec

    /// In the order of the inventory; a worker without an answer is none of this inspection's.
    func findings(_ answers: [HostID: GuardianAnswer]) -> [GuardianFinding] {
        spec.nodes.compactMap { host in answers[host.id].map { finding(host, $0) } }
    }

    private func finding(_ host: Host, _ answer: GuardianAnswer) -> GuardianFinding {
        func finding(_ verdict: GuardianFinding.Verdict, _ message: String, _ remedy: String) -> GuardianFinding {
            GuardianFinding(
                host: host.id, verdict: verdict, report: nil,
                problems: [Problem(place: host.id.description, message: message, remedy: remedy)], notes: [])
        }
        switch answer {
        case .silent(let error):
            return finding(.unreachable, "\(error.peer) cannot be asked: \(error.message)", error.remedy)
        case .missing:
            return finding(
                .noGuardian, "there is no hakube-guardian on this host",
                "run 'hakube init' with this inventory; it puts the guardian there")
        case .unclear(let status, let line):
            let said = line.isEmpty ? "" : ": \(line)"
            return finding(
                .deviates, "hakube-guardian told no status and ended with \(status)\(said)",
                "run 'hakube-guardian status' on the host by hand")
        case .said(let report):
            let complaints = complaints(report)
            return GuardianFinding(
                host: host.id,
                verdict: complaints.isEmpty ? .inOrder : report.running ? .deviates : .noGuardian, report: report,
                problems: complaints.map { Problem(place: host.id.description, message: $0, remedy: $1) },
                notes: notes(report))
        }
    }

    private typealias Complaint = (message: String, remedy: String)

    private func complaints(_ report: GuardianReport) -> [Complaint] {
        guard report.running else {
            let last = report.started.map { "; the last one started \($0)" } ?? ""
            return [("no guardian runs here\(last)", lookAtTheLog)]
        }
        guard report.real != nil else {
            return [("the guardian has told nothing yet", "ask again in a few seconds; else \(lookAtTheLog)")]
        }
        var found: [Complaint] = []
        if let problem = report.problem { found.append(("the guardian cannot do its work: \(problem)", lookAtTheLog)) }
        found += listComplaints(report)
        if let problem = report.configuration?.problem {
            found.append(
                (
                    "the list on this host is not in force: \(problem)",
                    "run 'hakube init' with this inventory; it writes the file anew"
                ))
        }
        found += (report.deviations ?? []).map {
            ($0, "ask again: the guardian mends it by itself; else \(lookAtTheLog)")
        }
        return found + pathComplaints(report)
    }

    /// The way to the API servers. A master that is down is no fault of the worker's, as long as another one serves it.
    private func pathComplaints(_ report: GuardianReport) -> [Complaint] {
        if let real = report.real, !real.isEmpty, real.allSatisfy({ $0.state == "unknown" }) {
            return [("the guardian has just started and looked at no master yet", "ask again in a second")]
        }
        if let real = report.real, !real.contains(where: { $0.state == "up" }) {
            let why = report.suspectsItself == true ? "; it suspects this host's own network" : ""
            return [
                (
                    "no master answers this worker well\(why)",
                    "start the masters, or see what stands between them and this host"
                )
            ]
        }
        guard let probe = report.probe, !probe.ok else { return [] }
        let detail = probe.detail ?? probe.status.map { "HTTP \($0)" } ?? "no answer"
        return [
            (
                "\(report.virtual ?? "the VIP") does not answer from here although a master is up: \(detail)",
                lookAtTheLog
            )
        ]
    }

    private func listComplaints(_ report: GuardianReport) -> [Complaint] {
        var found: [Complaint] = []
        let endpoint = spec.endpoint.vip.map { ServerAddress(address: $0, port: spec.endpoint.port) }
        if let virtual = report.virtual, let endpoint, ServerAddress(virtual) != endpoint {
            found.append(
                (
                    "it guards \(virtual), and the inventory's endpoint is \(endpoint)",
                    "use the inventory that the cluster was made with"
                ))
        }
        guard let real = report.real else { return found }
        let masters = spec.masters.map { ServerAddress(address: $0.address, port: spec.endpoint.serverPort) }
        let known = Set(real.compactMap { ServerAddress($0.address) })
        let unknown = masters.filter { !known.contains($0) }
        let strange = real.filter { server in !masters.contains { $0 == ServerAddress(server.address) } }
        if !unknown.isEmpty {
            found.append(
                (
                    "its list lacks \(joined(unknown.map(\.description)))",
                    "run 'hakube init' with this inventory; it writes the list anew"
                ))
        }
        if !strange.isEmpty {
            found.append(
                (
                    "its list has \(joined(strange.map(\.address))), which the inventory has not",
                    "run 'hakube init' with this inventory, or add the master to it"
                ))
        }
        return found
    }

    private func notes(_ report: GuardianReport) -> [String] {
        guard report.running else { return [] }
        var notes: [String] = []
        if report.suspectsItself == true {
            notes.append("most masters fell silent at once: it suspects this host and keeps them all")
        }
        if report.failOpen == true {
            notes.append("no master looks healthy: those of weight 1 get traffic all the same")
        }
        if report.verifying == false { notes.append("there is no cluster CA on this host: masters are not verified") }
        return notes
    }

    private var lookAtTheLog: String {
        switch spec.endpoint.guardian {
        case .pod, nil: "see 'crictl ps -a --name hakube-guardian' and 'journalctl -u kubelet' on the host"
        case .systemd: "see 'systemctl status hakube-guardian' and 'journalctl -u hakube-guardian' on the host"
        }
    }

    private func joined(_ names: [String]) -> String { names.joined(separator: ", ") }
}

/// `10.0.0.1:6443` or `[fd00::1]:6443`, whatever way it was written.
private struct ServerAddress: Hashable, CustomStringConvertible {
    let address: IPAddress
    let port: Int

    init(address: IPAddress, port: Int) {
        self.address = address
        self.port = port
    }

    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            let address = IPAddress(String(text[..<colon].filter { $0 != "[" && $0 != "]" }))
        else { return nil }
        self.init(address: address, port: port)
    }

    var description: String { "\(address.bracketed):\(port)" }
}
