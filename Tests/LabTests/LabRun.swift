// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport
import Testing

/// A command of hakube on hosts of the lab, again and again, with one home.
struct LabRun: Sendable {
    let lab: Lab
    let arguments: [String]
    var home: String?

    /// `hakube init` on every host of a lab, by its name.
    static func initialisation(_ lab: Lab, home: String? = nil) -> LabRun {
        func addresses(_ role: String) -> String {
            lab.hosts.filter { $0.name.hasPrefix(role) }.map { lab.address($0.name) }.joined(separator: ",")
        }
        let nodes = addresses("worker")
        return LabRun(
            lab: lab,
            arguments: [
                "init", "-f", Checkout.root.appending(path: "lab/cluster.yaml").path(), "--masters",
                addresses("master"), "--key", lab.key, "--cluster", lab.name, "--bundle", Lab.bundle, "--yes",
                "--output", "json",
            ] + (nodes.isEmpty ? [] : ["--nodes", nodes]), home: home)
    }

    private var environment: [String: String] {
        ["HAKUBE_HOME": home ?? Lab.folder.appending(path: "\(lab.name)/operator").path()]
    }

    func start() throws -> RunningProgram {
        try RunningProgram(Checkout.hakube, arguments, environment: environment)
    }

    func toTheEnd() async throws -> ProgramRun {
        try await ProgramRun.run(Checkout.hakube, arguments, environment: environment)
    }

    /// The words of the event that a step of a phase begins. Keys are sorted, so it stands in one piece.
    static func begins(_ phase: String, _ step: String, on address: String) -> String {
        // The title comes between; what comes before and after is enough to know the step.
        "\"event\":\"step-started\",\"host\":\"\(address)\",\"phase\":\"\(phase)\",\"step\":\"\(step)\""
    }

    /// What became of a step, as the events say it.
    static func outcome(of step: String, in events: String) -> [String] {
        events.split(separator: "\n").compactMap { line in
            guard line.contains("\"event\":\"step-finished\""), line.contains("\"step\":\"\(step)\"") else {
                return nil
            }
            let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return object?["outcome"] as? String
        }
    }
}
