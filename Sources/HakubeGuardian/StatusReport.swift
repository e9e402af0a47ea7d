// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc

/// `hakube-guardian status`: what the running guardian says, what the kernel says, and whether a request gets through.
package struct StatusReport: Sendable, Hashable {
    package let state: GuardianState?
    package let isRunning: Bool
    package let live: LiveTable?
    package let probe: VirtualProbe?

    package init(state: GuardianState?, isRunning: Bool, live: LiveTable? = nil, probe: VirtualProbe? = nil) {
        self.state = state
        self.isRunning = isRunning
        self.live = live
        self.probe = probe
    }

    /// Reads the run directory and the kernel. The process number in the file is no proof of life: it may belong to a
    /// container.
    static func read(runDirectory: String) -> StatusReport {
        let state = state(in: runDirectory)
        let isRunning = ControlClient(runDirectory: runDirectory) != nil
        guard let state, let virtual = SocketAddress(state.virtual), let backend = BackendKind(rawValue: state.backend)
        else { return StatusReport(state: state, isRunning: isRunning) }
        // A guardian repairs within a fifth of a second: what deviates and still does after that is no passing moment.
        var live = LiveTable.read(virtual, backend: backend)
        if let first = live, isRunning, !first.deviations(from: state).isEmpty {
            usleep(500_000)
            live = LiveTable.read(virtual, backend: backend)
        }
        return StatusReport(
            state: state, isRunning: isRunning, live: live,
            probe: .look(at: virtual, certificateAuthority: state.certificateAuthority))
    }

    static func state(in runDirectory: String) -> GuardianState? {
        let json = SmallFile.read(runDirectory + "/guardian.json").flatMap { try? JSONValue(parsing: $0) }
        return json.flatMap(GuardianState.init)
    }

    package var deviations: [String] {
        guard let state, let live else { return [] }
        return live.deviations(from: state)
    }

    /// 0: balances to a healthy real server as it should; 5: it does not.
    package var exitCode: Int32 {
        let works =
            isRunning && state?.isServing == true && state?.problem == nil && state?.configuration?.problem == nil
            && deviations.isEmpty
        return works && probe?.result.isHealthy() != false ? 0 : 5
    }

    package var json: String {
        let more: [JSONValue.Member] = [
            .init("live", live?.json ?? .null), .init("deviations", .array(deviations.map(JSONValue.string))),
            .init("probe", probe?.json ?? .null),
        ]
        let first = JSONValue.Member("running", .bool(isRunning))
        guard case .object(let members) = state?.json else { return JSONValue.object([first] + more).text() }
        return JSONValue.object([first] + members + more).text()
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
        if let probe {
            lines.append("Request   \(probe.result) after \(probe.milliseconds) ms through the virtual address")
        }
        if let problem = state.problem { lines.append("Problem   \(problem)") }
        if let problem = state.configuration?.problem {
            lines.append("Problem   \(problem); the list before it is in force")
        }
        lines += deviations.map { "Deviates  \($0)" }
        if state.suspectsItself {
            lines.append("Caution   most real servers are silent; this node may be the cause, so they stay")
        }
        if state.isFailOpen {
            lines.append("Caution   no real server looks healthy: those of weight 1 get traffic all the same")
        }
        let header = ["REAL SERVER", "STATE", "WEIGHT", "SINCE", "LAST SEEN"]
        let rows = state.real.map { server in
            [server.address, server.health, server.weight.map(String.init) ?? "-", server.since, server.detail]
        }
        lines += [""] + Self.table([header] + rows)
        // The newest at the end, where the eye is.
        let newest = state.transitions.suffix(5).map { "\($0.time)  \($0)" }
        return (lines + (newest.isEmpty ? [] : [""] + newest)).joined(separator: "\n")
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
