// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeBundle
import HakubeEngine
import HakubeEtcd
import HakubeModel
import HakubePlan
import HakubeTransport

/// What hosts said about themselves, and which could not be asked.
struct HostSurvey: Sendable {
    var facts: [HostID: Facts] = [:]
    /// In the order of the specification.
    var silent: [(host: Host, error: any Error)] = []
    /// Of an etcd on hosts of its own, where one stands and told.
    var etcdMembers: [EtcdMember]?

    var silentHosts: Set<HostID> { Set(silent.map(\.host.id)) }
}

extension ClusterSession {
    /// Asks every host; one that cannot be asked hides no other.
    ///
    /// - Parameter takeOver: for a run that will change the hosts: whether it may take them from another. It waits for what
    ///   an earlier run left under way, and nobody else may be at work. `nil`: only looks.
    /// - Throws: `PreflightError` when another run has the hosts; `TransportError`, `CancellationError`.
    func survey(claiming takeOver: Bool? = nil) async throws -> HostSurvey {
        Self.announce("checking", spec.hosts.count)
        let survey = try await answers()
        guard let takeOver, try await othersHaveEnded(survey.facts, takeOver) else { return survey }
        return try await answers()
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
        for sentence in left.sentences { StandardError.say(sentence) }
        try await left.ended(through: pool)
        return true
    }

    private func answers() async throws -> HostSurvey {
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
    func checkedSurvey(claiming takeOver: Bool? = nil) async throws -> HostSurvey {
        var survey = try await survey(claiming: takeOver)
        guard survey.silent.isEmpty else { throw HostErrors(errors: survey.silent.map(\.error)) }
        if !spec.etcd.hosts.isEmpty { survey.etcdMembers = try await etcdMembers(survey.facts) }
        try accept(
            Preflight(
                spec: spec, facts: survey.facts, bundle: bundle, members: survey.etcdMembers,
                externalEtcd: try await externalEtcd(survey.facts)
            ).findings)
        return survey
    }

    /// How an etcd that somebody else runs looks from the masters that are yet to be made; `nil` where there is nothing to
    /// look at.
    ///
    /// - Throws: `InventoryError` for credentials that do not fit each other; `TransportError`, `CancellationError`.
    private func externalEtcd(_ facts: [HostID: Facts]) async throws -> ExternalEtcdReading? {
        let masters = unmade(facts)
        guard !masters.isEmpty, let survey = ExternalEtcdSurvey(spec) else { return nil }
        let pool = pool
        do { return try await survey.reading(from: masters) { try await pool.connection(to: $0) } } catch let fault
            as CredentialFault
        {
            throw InventoryError(problems: [
                Problem(place: "etcd", message: fault.description, remedy: "name the files that etcd's owner gave you")
            ])
        }
    }

    private func unmade(_ facts: [HostID: Facts]) -> [Host] {
        spec.masters.filter { host in
            facts[host.id].map { !$0.hasKubeletConfig || $0.unfinished != nil } ?? false
        }
    }

    /// Whether masters that shall join reach an etcd that somebody else runs; `nil` where there is nothing to look at.
    ///
    /// - Throws: `TransportError`, `CancellationError`.
    func externalEtcdReach(_ facts: [HostID: Facts], from newcomers: Set<HostID>) async throws -> ExternalEtcdReading? {
        let masters = unmade(facts).filter { newcomers.contains($0.id) }
        guard !masters.isEmpty, case .external(let etcd) = spec.etcd else { return nil }
        let pool = pool
        return try await EndpointReach.reading(of: etcd.endpoints, from: masters) { try await pool.connection(to: $0) }
    }

    /// Says warnings and stops at errors.
    ///
    /// - Throws: as `checkedSurvey`.
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

    /// etcd's members, as one of them tells; `nil` where none does, or where they are somebody else's.
    ///
    /// Of an etcd on the masters one is asked through a master that serves, of one on hosts of its own on its very host.
    /// - Throws: `TransportError`, `CancellationError`.
    func etcdMembers(_ facts: [HostID: Facts], except leaving: Set<HostID> = []) async throws -> [EtcdMember]? {
        switch spec.etcd {
        case .stacked: return try await stackedMembers(facts, except: leaving)
        case .external: return nil
        case .hosts(let hosts):
            let carriers = hosts.filter { facts[$0.id]?.isMember(as: .etcd) == true }
            let order = carriers.filter { !leaving.contains($0.id) } + carriers.filter { leaving.contains($0.id) }
            for host in order {
                let control = EtcdControl(on: host, kubernetes: spec.kubernetes)
                let transport = try await pool.connection(to: host)
                if let members = try await EtcdSurvey.members(through: transport, control) { return members }
            }
            return nil
        }
    }

    private func stackedMembers(_ facts: [HostID: Facts], except leaving: Set<HostID>) async throws -> [EtcdMember]? {
        let serving = spec.masters.filter { facts[$0.id]?.serves == true }
        guard let lead = serving.first(where: { !leaving.contains($0.id) }) ?? serving.first else { return nil }
        let node = lead.name ?? facts[lead.id]?.hostname.lowercased() ?? ""
        let control = EtcdControl(lead, node: node, kubernetes: spec.kubernetes)
        return try await EtcdSurvey.members(through: try await pool.connection(to: lead), control)
    }
}
