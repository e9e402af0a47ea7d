// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine
import HakubeModel
import HakubePlan

/// Who takes part when hosts leave a cluster.
struct RemovalCast: Sendable {
    /// Its specification has every host that leaves, members and hosts that were about to become one.
    let session: ClusterSession
    let survey: HostSurvey
    /// In the order of the specification.
    let leaving: [HostID]
    /// Those of them that cannot be reached.
    let dead: Set<HostID>

    /// - Parameters:
    ///   - named: the hosts that were named; `nil` means all members.
    ///   - takesUnreachable: hosts that cannot be reached leave, too.
    ///   - claims: as in `ClusterSession.survey`.
    /// - Throws: `InventoryError`, `HostErrors`, `CancellationError`.
    init(_ standing: StandingCluster, _ named: InventoryOverrides?, takesUnreachable: Bool, claiming claims: Bool?)
        async throws
    {
        var spec = standing.spec
        var candidates = spec.hosts.map(\.id)
        if let named {
            let growth = try ClusterGrowth(
                of: standing.spec, inventory: Inventory(), flags: named, allowsEvenMasters: true)
            (spec, candidates) = (growth.spec, growth.named)
        }
        let session = standing.session.with(spec: spec)
        let survey = try await session.survey(claiming: claims)
        let silent = survey.silentHosts
        // One that died on its way in may be in etcd already, and in no record.
        let strange = spec.etcdTopology.hosts.filter { candidates.contains($0.id) && standing.spec.host($0.id) == nil }
        let members = strange.isEmpty ? nil : try await session.etcdMembers(survey.facts, except: Set(candidates))
        let counted = Set(strange.filter { host in members?.contains { $0.runs(on: host) } ?? false }.map(\.id))
        // Of a host that is no member only what hakube left on it can be taken away.
        let leaving = candidates.filter { id in
            if standing.spec.host(id) != nil { return true }
            let isOurs = survey.facts[id].map { $0.hasTraces || $0.unfinished != nil } ?? false || counted.contains(id)
            if !isOurs, silent.contains(id) {
                StandardError.say("\(id) is no member of \(spec.name) and cannot be asked; it is left alone")
            } else if !isOurs {
                StandardError.say("\(id) is no member of \(spec.name) and holds nothing of hakube's; it is left alone")
            }
            return isOurs
        }
        let dead = Set(leaving.filter(silent.contains))
        guard dead.isEmpty || takesUnreachable else {
            let remedy = "'--unreachable' removes it from the cluster all the same"
            StandardError.say("note: where a host is gone for good, \(remedy)")
            throw HostErrors(errors: survey.silent.filter { dead.contains($0.host.id) }.map(\.error))
        }
        for (host, error) in survey.silent where standing.spec.host(host.id) != nil && !dead.contains(host.id) {
            let said = Diagnosis(error)?.text.replacing("error: ", with: "") ?? "\(error)"
            StandardError.say("warning: \(said)\nwarning: \(host.id) stays a member and learns of nothing now")
        }
        let strangers = Set(spec.hosts.map(\.id)).subtracting(standing.spec.hosts.map(\.id)).subtracting(leaving)
        self.session = session.with(spec: spec.without(strangers))
        var kept = survey
        kept.silent.removeAll { strangers.contains($0.host.id) }
        self.survey = kept
        self.leaving = leaving
        self.dead = dead
    }
}
