// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine
import HakubeModel
import HakubeTransport

/// What one of the engine's scripts about a job asks for. A host in memory answers it as a real one with systemd does.
struct JobRequest {
    let name: String
    let act: HostJob.Act
    /// The script to start, or the question to ask where no job stands.
    let text: String

    init?(_ script: String) {
        let lines = script.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let words = lines[0].split(separator: " ")
        guard lines[0].hasPrefix("# hakube job "), words.count == 5, let act = HostJob.Act(rawValue: String(words[4]))
        else { return nil }
        name = String(words[3].dropLast())
        self.act = act
        switch act {
        case .start:
            let begin = lines.firstIndex { $0.hasSuffix("<<'\(HostJob.mark)'") } ?? lines.startIndex
            let end = lines.firstIndex(of: HostJob.mark) ?? lines.endIndex
            text = lines[(begin + 1)..<end].joined(separator: "\n")
        case .check: text = lines.dropFirst(2).joined(separator: "\n")
        case .follow, .stop, .clear: text = ""
        }
    }
}

extension FakeHosts {
    /// A job that stands on a fake host, with what following it to its end says.
    package struct Job: Sendable, Hashable {
        package var end: String
        package var output: String

        package init(end: String, output: String = "") {
            self.end = end
            self.output = output
        }
    }

    /// Starts, follows and clears as `HostJob`'s scripts do; the script itself and the question are answered by the rules.
    func answer(_ request: JobRequest, _ host: HostID, _ timeout: Duration) async throws -> ScriptOutput {
        switch request.act {
        case .start:
            guard self[job: host, request.name] == nil else { return ScriptOutput(status: 0, out: "occupied\n") }
            // A connection that breaks leaves the job running; a test that wants that sets the job itself, and throws.
            let output = try await perform(Script(request.text, timeout: timeout), on: host)
            let job = Job(end: "ended \(output.status)", output: output.out + output.err)
            self[job: host, request.name] = job
            return ScriptOutput(status: 0, out: "\(job.end)\n", err: job.output)
        case .follow:
            guard let job = self[job: host, request.name] else { return ScriptOutput(status: 0, out: "gone\n") }
            return ScriptOutput(status: 0, out: "\(job.end)\n", err: job.output)
        case .check:
            guard self[job: host, request.name] == nil else { return ScriptOutput(status: HostJob.standing) }
            return try await perform(Script(request.text, timeout: timeout), on: host)
        case .stop, .clear:
            self[job: host, request.name] = nil
            return ScriptOutput(status: 0)
        }
    }
}
