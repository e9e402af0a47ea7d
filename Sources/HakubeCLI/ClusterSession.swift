// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeBundle
import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeSSH
import HakubeTransport

/// Connections to a cluster's hosts for the whole of one command.
struct ClusterSession: Sendable {
    let spec: ClusterSpec
    let bundle: BundleContents?
    let pool: ConnectionPool
    let state: StateFolder

    /// Prepares local state and the way to log in; connects to nothing yet.
    ///
    /// - Throws: `PreflightError` or `InventoryError`.
    init(spec: ClusterSpec, bundle: BundleContents?, connection: ConnectionOptions) throws {
        self.spec = spec
        self.bundle = bundle
        state = StateFolder(cluster: spec.name)
        try state.prepare()
        var configuration = SSHConfiguration(knownHostsPath: state.knownHosts.path(percentEncoded: false))
        configuration.strictHostKeys = connection.strictHostKeys
        configuration.connectTimeout = connection.connectDeadline
        let values = RuntimeValues()
        let ask: @Sendable (String) -> Secret? = { question in
            let answer = PasswordSource.prompt(question)
            if let answer { values.conceal(answer) }
            return answer
        }
        if let password = try PasswordSource(file: connection.passwordFile).known {
            values.conceal(password)
            configuration.password = .value(password)
        } else {
            configuration.password = .ask(ask)
        }
        configuration.passphrase = .ask(ask)
        self.values = values
        configuration.onNewHostKey = { key in
            let line = "new host key of \(key.name): \(key.type) \(key.fingerprint)\n"
            FileHandle.standardError.write(Data(line.utf8))
        }
        pool = ConnectionPool(connector: SSHConnector(configuration))
        parallel = connection.parallel
    }

    /// The run's credentials, and every password to leave out of its log.
    let values: RuntimeValues
    private let parallel: Int

    /// Says on a terminal what may take a while.
    static func announce(_ doing: String, _ count: Int) {
        guard isatty(STDERR_FILENO) == 1 else { return }
        FileHandle.standardError.write(Data("\(doing) \(count == 1 ? "1 host" : "\(count) hosts") …\n".utf8))
    }

    /// Facts of all hosts, and nothing wrong with them; warnings go to standard error.
    ///
    /// - Parameter takeOver: for a run that will change the hosts: whether it may take them from another. It waits for what
    ///   an earlier run left under way, and nobody else may be at work. `nil`: only looks.
    /// - Throws: `HostErrors` with every host that could not be asked; `PreflightError` with every problem, or `BundleError`
    ///   when all of them are the bundle's.
    func checkedFacts(takeOver: Bool? = nil) async throws -> [HostID: Facts] {
        Self.announce("checking", spec.hosts.count)
        var facts = try await facts()
        if let takeOver, try await othersHaveEnded(facts, takeOver) { facts = try await self.facts() }
        let findings = Preflight(spec: spec, facts: facts, bundle: bundle).findings
        for finding in findings where finding.severity == .warning {
            FileHandle.standardError.write(Data("warning: \(finding.problem)\n".utf8))
        }
        let errors = findings.filter { $0.severity != .warning }
        guard errors.contains(where: { $0.severity == .error }) else {
            guard errors.isEmpty else { throw BundleError(problems: errors.map(\.problem)) }
            return facts
        }
        throw PreflightError(problems: errors.map(\.problem))
    }

    private func facts() async throws -> [HostID: Facts] {
        let results = await FactGatherer(spec: spec).gather(spec.hosts, through: pool, atMost: parallel)
        try Task.checkCancellation()
        var failures: [any Error] = []
        var facts: [HostID: Facts] = [:]
        for host in spec.hosts {
            do { facts[host.id] = try results[host.id]?.get() } catch { failures.append(error) }
        }
        guard failures.isEmpty else { throw HostErrors(errors: failures) }
        return facts
    }

    /// True when something was waited for, so that the facts are old.
    private func othersHaveEnded(_ facts: [HostID: Facts], _ takeOver: Bool) async throws -> Bool {
        let here = LockOwner.current(command: "")
        let holders = spec.hosts.compactMap { host in
            facts[host.id]?.lock.flatMap { LockOwner($0) }.map { HostsHeld.Holder(host: host.id, owner: $0) }
        }.filter { $0.owner.mayLive(beside: here) }
        guard takeOver || holders.isEmpty else {
            throw PreflightError(problems: HostsHeld(holders: holders).problems)
        }
        let left = LeftJobs(spec.hosts.map { ($0, facts[$0.id]?.jobs ?? []) })
        guard !left.isEmpty else { return false }
        for sentence in left.sentences { FileHandle.standardError.write(Data((sentence + "\n").utf8)) }
        try await left.ended(through: pool)
        return true
    }

    func close() async { await pool.close() }
}

/// What went wrong on several hosts at once.
struct HostErrors: Error {
    let errors: [any Error]
}
