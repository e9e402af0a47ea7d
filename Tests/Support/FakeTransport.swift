// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine
package import HakubeModel
package import HakubeTransport
import Synchronization

/// Hosts that exist in memory: files that can be read and written, and scripts answered by rules.
package final class FakeHosts: Connector {
    /// What a host answers to a script. `nil`: ask the next rule.
    package typealias Rule = @Sendable (_ host: HostID, _ script: Script) async throws -> ScriptOutput?

    package typealias Partner = @Sendable (_ host: HostID) -> (any FakePartner)?

    /// A file on a fake host.
    package struct File: Sendable, Hashable {
        package var text: String
        package var mode: Int

        package init(_ text: String, mode: Int = 0o644) {
            self.text = text
            self.mode = mode
        }
    }

    /// One thing that was done on a host, in the order in which it began.
    package enum Act: Sendable, Hashable {
        case connect(HostID)
        case run(HostID, String)
        case write(HostID, path: String)
        case stream(HostID, bytes: Int)
        case converse(HostID)

        package var host: HostID {
            switch self {
            case .connect(let host), .run(let host, _), .write(let host, _), .stream(let host, _), .converse(let host):
                host
            }
        }
    }

    private struct State {
        var files: [HostID: [String: File]] = [:]
        var acts: [Act] = []
        var closed: [HostID] = []
        var jobs: [HostID: [String: Job]] = [:]
        var exchanges: [HostID: Int] = [:]
    }

    private let rules: [Rule]
    private let remembers: Bool
    private let partner: Partner
    private let state = Mutex(State())

    /// A script that no rule answers succeeds in silence.
    /// - Parameters:
    ///   - remembers: whether `acts` are kept.
    ///   - partner: what a script that talks starts on a host; where it starts nothing, the talk ends with the script.
    package init(rules: [Rule] = [], remembers: Bool = true, partner: @escaping Partner = { _ in nil }) {
        self.rules = rules
        self.remembers = remembers
        self.partner = partner
    }

    package var acts: [Act] { state.withLock { $0.acts } }

    /// How many things were asked of each host over its connection: over SSH each takes a channel, and round trips.
    package var exchanges: [HostID: Int] { state.withLock { $0.exchanges } }

    fileprivate func exchange(_ host: HostID) { state.withLock { $0.exchanges[host, default: 0] += 1 } }

    /// Hosts whose connection was closed.
    package var closed: [HostID] { state.withLock { $0.closed } }

    /// The scripts that ran on a host.
    package func scripts(on host: HostID) -> [String] {
        acts.compactMap { act in
            if case .run(host, let text) = act { text } else { nil }
        }
    }

    package subscript(host: HostID, path: String) -> File? {
        get { state.withLock { $0.files[host]?[path] } }
        set { state.withLock { $0.files[host, default: [:]][path] = newValue } }
    }

    /// Everything that stands on a host.
    package func files(on host: HostID) -> [String: File] { state.withLock { $0.files[host] ?? [:] } }

    package func setFiles(_ files: [String: File], on host: HostID) { state.withLock { $0.files[host] = files } }

    /// A job that stands on a host.
    package subscript(job host: HostID, name: String) -> Job? {
        get { state.withLock { $0.jobs[host]?[name] } }
        set { state.withLock { $0.jobs[host, default: [:]][name] = newValue } }
    }

    package func connect(to host: Host) async throws -> any Transport {
        note(.connect(host.id))
        try await meet(host.id, Self.connecting)
        return FakeTransport(host: host.id, hosts: self)
    }

    /// The text of the script a rule sees when a connection is made; throw to refuse it.
    package static let connecting = "# connecting"
    /// The same for a file that is read or written.
    package static let reading = "# reading"
    package static let writing = "# writing"

    /// Lets every rule refuse what is no script.
    func meet(_ host: HostID, _ act: String) async throws {
        for rule in rules { _ = try await rule(host, Script(act)) }
    }

    fileprivate func listener(_ host: HostID) -> (any FakePartner)? { partner(host) }

    func write(_ file: File, to path: String, on host: HostID) async throws {
        try await meet(host, Self.writing)
        note(.write(host, path: path))
        self[host, path] = file
    }

    fileprivate func note(_ act: Act) {
        if remembers { state.withLock { $0.acts.append(act) } }
    }

    fileprivate func close(_ host: HostID) { state.withLock { $0.closed.append(host) } }

    /// A script as the host gets it: those about jobs are told apart from all others.
    func answer(_ host: HostID, _ claimed: Script) async throws -> ScriptOutput {
        guard let script = unclaimed(claimed, on: host) else { return ScriptOutput(status: 76) }
        guard let request = JobRequest(script.text) else { return try await perform(script, on: host) }
        if [.follow, .stop, .clear].contains(request.act) {
            for rule in rules { if let output = try await rule(host, script) { return output } }
        }
        return try await answer(request, host, script.timeout)
    }

    /// The script behind its question for the run's lock; `nil` when another's stands on the host.
    func unclaimed(_ script: Script, on host: HostID) -> Script? {
        let parts = script.text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts[0].hasPrefix("[ ! -e \(RunLock.path) ] ||") else { return script }
        let token = parts[0].split(separator: "'").dropFirst().first ?? ""
        if let lock = self[host, RunLock.path], !lock.text.contains(token) { return nil }
        return Script(parts.count > 1 ? String(parts[1]) : "", timeout: script.timeout, asRoot: script.asRoot)
    }

    func perform(_ script: Script, on host: HostID) async throws -> ScriptOutput {
        note(.run(host, script.text))
        for rule in rules {
            if let output = try await rule(host, script) { return output }
        }
        guard script.text.hasPrefix("stat -c %a ") else { return ScriptOutput(status: 0) }
        guard let file = self[host, String(script.text.dropFirst(11))] else { return ScriptOutput(status: 1) }
        return ScriptOutput(status: 0, out: String(file.mode, radix: 8) + "\n")
    }
}

/// A connection to one of `FakeHosts`. The border's promises hold here as over SSH.
package struct FakeTransport: Transport {
    let host: HostID
    let hosts: FakeHosts

    package func run(
        _ script: Script, onLine: @escaping @Sendable (OutputLine) -> Void
    ) async throws -> ScriptOutput {
        try Task.checkCancellation()
        hosts.exchange(host)
        if let batch = BatchRequest(script.text) { return try await hosts.answer(batch, host, onLine) }
        let output = try await hosts.answer(host, script)
        for line in output.out.split(separator: "\n") { onLine(OutputLine(.out, String(line))) }
        for line in output.err.split(separator: "\n") { onLine(OutputLine(.err, String(line))) }
        return output
    }

    package func stream(
        _ input: any ByteSource, into script: Script, onProgress: @escaping @Sendable (_ sentBytes: Int) -> Void
    ) async throws -> ScriptOutput {
        hosts.exchange(host)
        var sent = 0
        try input.read { bytes in
            sent += bytes.count
            onProgress(sent)
        }
        hosts.note(.stream(host, bytes: sent))
        return try await hosts.answer(host, script)
    }

    package func converse(_ dialogue: any Dialogue, with script: Script) async throws -> ScriptOutput {
        try Task.checkCancellation()
        hosts.exchange(host)
        hosts.note(.converse(host))
        let output = try await hosts.answer(host, script)
        // Who ends with a status has taken nothing.
        guard output.status == 0, let listener = hosts.listener(host) else { return output }
        return try await listener.talk(with: dialogue)
    }

    package func write(_ contents: [UInt8], to path: String, mode: Int) async throws {
        try Task.checkCancellation()
        hosts.exchange(host)
        try await hosts.write(FakeHosts.File(String(decoding: contents, as: UTF8.self), mode: mode), to: path, on: host)
    }

    package func read(_ path: String) async throws -> [UInt8]? {
        hosts.exchange(host)
        try await hosts.meet(host, FakeHosts.reading)
        return hosts[host, path].map { Array($0.text.utf8) }
    }

    package func close() async { hosts.close(host) }
}
