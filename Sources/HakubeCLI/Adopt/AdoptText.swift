// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// What was adopted and where its record is, for people: no line wider than 80 columns.
struct AdoptText {
    let result: Adoption.Result
    let places: AdoptRun.Places

    /// Ends with a newline.
    var text: String {
        let spec = result.spec
        var table = TextTable(["HOST", "NODE", "ROLE"])
        for host in spec.hosts { table.add([host.id.description, host.name ?? "?", host.role.rawValue]) }
        let head = [
            "Cluster \(spec.name), Kubernetes \(spec.kubernetes)",
            "  endpoint  \(spec.endpoint.summary)",
        ]
        let masters = places.masters.count == 1 ? "1 master" : "\(places.masters.count) masters"
        let kept = [
            "The record is in the Secret \(ClusterRecord.secretNamespace)/\(ClusterRecord.secretName)"
                + (places.secretIsNew ? "," : " (unchanged),"),
            "in \(ClusterRecord.path) on \(masters), and in \(places.cache).",
        ]
        let failed = places.failed.map { "caution: no copy on \($0); run adopt again when it is back" }
        let notes = result.notes.map { "note: \(TerminalText.printable($0))" }
        let lines = head + [""] + table.lines() + [""] + kept + failed + notes
        return lines.flatMap { RunWords.broken($0, "  ", RunBoard.widest) }.map { $0 + "\n" }.joined()
    }
}
