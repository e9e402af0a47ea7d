// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// What guardians were found to be, for people: no line wider than 80 columns.
struct GuardianText {
    let spec: ClusterSpec
    let findings: [GuardianFinding]

    private static let width = RunBoard.widest
    /// How many transitions of a worker are shown.
    private static let newest = 5

    /// Ends with a newline.
    var text: String {
        let endpoint = "\(spec.endpoint.vip?.bracketed ?? spec.endpoint.name):\(spec.endpoint.port)"
        let head = "Cluster \(spec.name): \(count(spec.masters.count, "master")) behind \(endpoint)"
        let blocks = findings.map { finding in [""] + lines(finding) }
        return (Self.broken(head, "  ") + blocks.flatMap(\.self) + ["", sum]).map { $0 + "\n" }.joined()
    }

    private var sum: String {
        if spec.nodes.isEmpty { return "The inventory has no workers, so there is no guardian." }
        let good = findings.count { $0.verdict == .inOrder }
        return "\(good) of \(count(findings.count, "worker")) in order"
    }

    private func lines(_ finding: GuardianFinding) -> [String] {
        var lines = ["\(finding.host)  \(finding.verdict.words)"]
        if let report = finding.report { lines += self.lines(report) }
        lines += finding.notes.flatMap { Self.entry("caution", $0) }
        for problem in finding.problems {
            lines += Self.entry("fault", problem.message) + Self.entry("to do", problem.remedy)
        }
        return lines
    }

    private func lines(_ report: GuardianReport) -> [String] {
        var lines: [String] = []
        if let backend = report.backend {
            let facts = [
                report.reason.map { "\(backend): \($0)" } ?? backend, report.version,
                report.started.map { "since \($0)" },
            ]
            lines += Self.entry("guardian", facts.compactMap(\.self).joined(separator: ", "))
        }
        if let live = report.live { lines += Self.entry("live", live.words) }
        if let probe = report.probe { lines += Self.entry("probe", probe.words(of: report.virtual)) }
        if let real = report.real, !real.isEmpty { lines += table(real, report.live) }
        let newest = (report.transitions ?? []).suffix(Self.newest).reversed()
        lines += newest.enumerated().flatMap { index, change in
            Self.entry(index == 0 ? "changes" : "", change.words)
        }
        return lines
    }

    /// The wanted list beside the kernel's table; what stands only there comes last.
    private func table(_ real: [GuardianReport.RealServer], _ live: GuardianReport.Live?) -> [String] {
        let found = live?.destinations
        func weight(_ address: String) -> String {
            found?.first { $0.address == address }.map { String($0.weight) } ?? "-"
        }
        var rows = [["MASTER", "STATE", "WANTED", "LIVE", "SINCE", "LAST SEEN"]]
        rows += real.map { server in
            [
                server.address, server.state, server.weight.map(String.init) ?? "-", weight(server.address),
                server.since ?? "-", server.detail ?? "-",
            ]
        }
        let foreign = (found ?? []).filter { entry in !real.contains { $0.address == entry.address } }
        rows += foreign.map { [$0.address, "foreign", "-", String($0.weight), "-", "-"] }
        // A proxy has no table: its connections go where it wants them.
        if found == nil { for index in rows.indices { rows[index].remove(at: 3) } }
        rows = rows.map { $0.map(TerminalText.printable) }
        let widths = rows[0].indices.map { column in rows.map { TerminalText.width($0[column]) }.max() ?? 0 }
        return rows.flatMap { row in
            let cells = zip(row, widths).dropLast().map { TerminalText.padded($0, to: $1) } + row.suffix(1)
            return Self.broken("  " + cells.joined(separator: "  "), "      ")
        }
    }

    /// `  name      text`, and what does not fit below the text.
    private static func entry(_ name: String, _ text: String) -> [String] {
        let label = "  " + TerminalText.padded(name, to: 10)
        return broken(label + TerminalText.printable(text), String(repeating: " ", count: label.count))
    }

    private static func broken(_ line: String, _ indent: String) -> [String] { RunWords.broken(line, indent, width) }

    private func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}

extension GuardianFinding.Verdict {
    var words: String {
        switch self {
        case .inOrder: "in order"
        case .deviates: "DEVIATES"
        case .unreachable: "UNREACHABLE"
        case .noGuardian: "NO GUARDIAN"
        }
    }
}

extension GuardianReport.Live {
    var words: String {
        var parts: [String] = []
        if let service { parts.append(service ? "the IPVS service stands" : "the IPVS service is missing") }
        if let listening { parts.append(listening ? "the proxy listens" : "the proxy does not listen") }
        if let connections { parts.append("\(connections) \(connections == 1 ? "connection" : "connections")") }
        if let route { parts.append(route ? "the local route stands" : "the local route is missing") }
        return parts.joined(separator: ", ")
    }
}

extension GuardianReport.Probe {
    fileprivate func words(of virtual: String?) -> String {
        let answer = detail ?? status.map { "HTTP \($0)" } ?? (ok ? "answered" : "no answer")
        let time = milliseconds.map { " in \(Int($0.rounded())) ms" } ?? ""
        return "\(answer)\(time) through \(virtual ?? "the VIP")"
    }
}

extension GuardianReport.Transition {
    var words: String {
        "\(time)  \(server)  \(from) -> \(to)" + (reason.map { ": \($0)" } ?? "")
    }
}
