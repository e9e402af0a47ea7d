// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc

/// `hakube-guardian status`: the state file and whether its writer still lives.
package struct StatusReport: Sendable, Hashable {
    package let state: GuardianState?
    package let isRunning: Bool

    package init(state: GuardianState?, isRunning: Bool) {
        self.state = state
        self.isRunning = isRunning
    }

    /// Reads the run directory. The process number in the file is no proof of life: it may belong to a container.
    static func read(runDirectory: String) -> StatusReport {
        let json = SmallFile.read(runDirectory + "/guardian.json").flatMap { try? JSONValue(parsing: $0) }
        return StatusReport(
            state: json.flatMap(GuardianState.init), isRunning: ControlClient(runDirectory: runDirectory) != nil)
    }

    /// 0: balances to a healthy real server; 5: it does not.
    package var exitCode: Int32 { isRunning && state?.isServing == true && state?.problem == nil ? 0 : 5 }

    package var json: String {
        guard case .object(let members) = state?.json else {
            return JSONValue.object([.init("running", .bool(isRunning))]).text()
        }
        return JSONValue.object([.init("running", .bool(isRunning))] + members).text()
    }

    package var text: String {
        guard let state else {
            return isRunning ? "The guardian is starting." : "No guardian has run on this host since it started."
        }
        var lines = [
            "Guardian  \(state.version), \(isRunning ? "running since" : "NOT RUNNING, started") \(state.started)",
            "Backend   \(state.backend): \(state.reason)",
            "Virtual   \(state.virtual)",
            "Verifies  \(state.isVerifying ? "with the cluster's CA" : "nothing yet: there is no CA on this host")",
        ]
        if let problem = state.problem { lines.append("Problem   \(problem)") }
        if state.isFailOpen { lines.append("Caution   no real server looks healthy, so all of them get traffic") }
        let header = ["REAL SERVER", "STATE", "WEIGHT", "SINCE", "LAST SEEN"]
        let rows = state.real.map { server in
            [server.address, server.health, server.weight.map(String.init) ?? "-", server.since, server.detail]
        }
        return (lines + [""] + Self.table([header] + rows)).joined(separator: "\n")
    }

    private static func table(_ rows: [[String]]) -> [String] {
        let columns = rows.first?.indices ?? 0..<0
        let widths = columns.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
        }
    }
}
