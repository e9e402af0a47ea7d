// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeBundle
import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTransport

/// What hosts said about themselves, and which could not be asked.
struct HostSurvey: Sendable {
    var facts: [HostID: Facts] = [:]
    /// In the order of the specification.
    var silent: [(host: Host, error: any Error)] = []

    var silentHosts: Set<HostID> { Set(silent.map(\.host.id)) }
}

extension ClusterSession {
    /// Asks every host; one that cannot be asked hides no other.
    ///
    /// - Throws: `CancellationError`.
    func survey() async throws -> HostSurvey {
        Self.announce("checking", spec.hosts.count)
        let results = await FactGatherer(spec: spec).gather(spec.hosts, through: pool, atMost: parallel)
        try Task.checkCancellation()
        var survey = HostSurvey()
        for host in spec.hosts {
            switch results[host.id] {
            case .success(let found): survey.facts[host.id] = found
            case .failure(let error): survey.silent.append((host, error))
            case nil: break
            }
        }
        return survey
    }

    /// Facts of all hosts, and nothing wrong with them; warnings go to standard error.
    ///
    /// - Throws: `HostErrors` with every host that could not be asked; `PreflightError` with every problem, or `BundleError`
    ///   when all of them are the bundle's.
    func checkedFacts() async throws -> [HostID: Facts] {
        let survey = try await survey()
        guard survey.silent.isEmpty else { throw HostErrors(errors: survey.silent.map(\.error)) }
        try accept(Preflight(spec: spec, facts: survey.facts, bundle: bundle).findings)
        return survey.facts
    }

    /// Says warnings and stops at errors.
    ///
    /// - Throws: as `checkedFacts`.
    func accept(_ findings: [Preflight.Finding]) throws {
        for finding in findings where finding.severity == .warning {
            StandardError.say("warning: \(finding.problem)")
        }
        let errors = findings.filter { $0.severity != .warning }
        guard !errors.isEmpty else { return }
        guard errors.contains(where: { $0.severity == .error }) else {
            throw BundleError(problems: errors.map(\.problem))
        }
        throw PreflightError(problems: errors.map(\.problem))
    }

    /// etcd's members, as a master that serves tells; `nil` where none does, or etcd does not answer it.
    ///
    /// - Throws: `TransportError`, `CancellationError`.
    func etcdMembers(_ facts: [HostID: Facts], except leaving: Set<HostID> = []) async throws -> [EtcdMember]? {
        let serving = spec.masters.filter { facts[$0.id]?.serves == true }
        guard let lead = serving.first(where: { !leaving.contains($0.id) }) ?? serving.first else { return nil }
        let node = lead.name ?? facts[lead.id]?.hostname.lowercased() ?? ""
        return try await EtcdSurvey.members(through: try await pool.connection(to: lead), node: node)
    }
}
