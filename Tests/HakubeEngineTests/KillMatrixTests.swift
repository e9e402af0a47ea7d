// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTestSupport
import Testing

/// hakube is killed at every point of a plan; the same command then ends where an undisturbed run does.
///
/// At every point means: after each step that changed something, in the middle of each act so that it goes on alone, and in
/// the middle of each act so that the host loses its power with half of it done.
@Suite struct KillMatrixTests {
    /// Who takes part in a test: the plan is made anew from what the hosts say, as each command does it.
    struct Story: Sendable {
        let spec: ClusterSpec
        var start = ModelRun.Snapshot()
        let plan: @Sendable (ModelRun) throws -> Plan
    }

    static let masters = ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
    private static let nodes = ["10.0.0.4", "10.0.0.5"]

    static func spec(
        _ version: String, _ masters: [String] = masters, _ nodes: [String] = nodes, etcd: Etcd = .stacked
    ) throws -> ClusterSpec {
        try SampleCluster.spec(
            masters: masters, nodes: nodes, kubernetes: version, labels: ["zone": "a"],
            dns: ClusterDNS(replicas: .masters), servicePools: ["global": ["10.0.1.0/24"]], etcd: etcd)
    }

    /// A bundle without a file, so that what it would bring is asked for.
    private static func bundle(_ spec: ClusterSpec) -> BundleContents {
        let manifest = BundleManifest(kubernetes: spec.kubernetes.description, arches: [.amd64], files: [], images: [])
        return BundleContents(manifest: manifest, id: "0123456789ab", podNetwork: "# a network")
    }

    static func initialisation(of spec: ClusterSpec, on run: ModelRun, newcomers: Set<HostID>? = nil) throws -> Plan {
        let known = Set(spec.hosts.map(\.id))
        return try Planner(
            PlanInput(
                spec: spec, facts: run.facts.filter { known.contains($0.key) }, bundle: bundle(spec), parallel: 1,
                newcomers: newcomers, etcdMembers: run.members(of: spec))
        ).initialisation()
    }

    /// A cluster of the masters and workers named, made on hosts of the whole specification.
    private static func standing(_ masters: [String], _ nodes: [String], _ version: String) async throws
        -> ModelRun.Snapshot
    {
        try await standing(try spec(version, masters, nodes), of: try spec(version))
    }

    static func standing(_ part: ClusterSpec, of whole: ClusterSpec) async throws -> ModelRun.Snapshot {
        let run = ModelRun(whole)
        let outcome = try await run.carryOut { try initialisation(of: part, on: $0) }
        #expect(outcome.summary.failures.isEmpty)
        return run.snapshot
    }

    /// What has to be the same in the end, whatever happened on the way.
    private struct End: Hashable {
        var etcd: [String], nodes: [String], tokens: Set<String>, ledger: [String]
        var hasKey: Bool
        var paths: [HostID: Set<String>] = [:]
        var texts: [HostID: [String?]] = [:]
        var jobs = 0

        init(_ snapshot: ModelRun.Snapshot) {
            let state = snapshot.state
            (etcd, nodes, tokens) = (state.etcd.sorted() + state.learners.sorted(), state.nodes.sorted(), state.tokens)
            (ledger, hasKey) = (state.ledger.sorted(), state.certificateKey != nil)
            for (host, files) in snapshot.files {
                paths[host] = Set(files.keys)
                texts[host] = ["/etc/hosts", "/etc/hakube/guardian.json", "/etc/hakube/cluster.json"].map {
                    files[$0]?.text
                }
            }
        }
    }

    func survives(_ story: Story) async throws -> Int {
        let calm = ModelRun(story.spec, from: story.start)
        let whole = try await calm.carryOut(story.plan)
        #expect(whole.summary.failures.isEmpty, "\(whole.summary.failures)")
        let end = End(calm.snapshot)
        #expect(end.tokens.isEmpty && !end.hasKey)
        let again = try await calm.carryOut(story.plan)
        #expect(again.acts.isEmpty, "a second run acts on nothing")
        let kills =
            (1...whole.changes).map(Kill.afterStep)
            + (1...whole.acts.count).flatMap { [Kill.unheard($0), Kill.half($0)] }
        for kill in kills where kill.isChosen {
            let run = ModelRun(story.spec, from: story.start)
            _ = try await run.carryOut(story.plan, until: kill)
            let rest = try await run.carryOut(story.plan)
            #expect(rest.summary.failures.isEmpty, "\(kill): \(rest.summary.failures)")
            var reached = End(run.snapshot)
            // Where the kill came between the last join and the withdrawal, token and key end by themselves after two hours.
            (reached.tokens, reached.hasKey) = ([], false)
            #expect(reached == end, "\(kill)")
        }
        return kills.count
    }

    @Test(arguments: ["v1.20.2", "v1.34.2"]) func `init of three masters and two workers`(version: String) async throws
    {
        let spec = try Self.spec(version)
        let count = try await survives(Story(spec: spec) { try Self.initialisation(of: spec, on: $0) })
        #expect(count > 200)
    }

    @Test(arguments: ["v1.20.2", "v1.34.2"]) func `join of two masters and a worker`(version: String) async throws {
        let spec = try Self.spec(version)
        let newcomers = Set(["10.0.0.2", "10.0.0.3", "10.0.0.5"].map { HostID($0) })
        let start = try await Self.standing(["10.0.0.1"], ["10.0.0.4"], version)
        let count = try await survives(
            Story(spec: spec, start: start) { try Self.initialisation(of: spec, on: $0, newcomers: newcomers) })
        #expect(count > 100)
    }

    private func removal(_ hosts: [String], isWhole: Bool = false) async throws -> Int {
        let version = "v1.34.2"
        let spec = try Self.spec(version)
        let start = try await Self.standing(Self.masters, Self.nodes, version)
        let leaving = hosts.map { HostID($0) }
        return try await survives(
            Story(spec: spec, start: start) { run in
                let removal = Removal(isWhole: isWhole, leaving: leaving, members: run.cluster.members)
                return try Planner(
                    PlanInput(spec: spec, facts: run.facts, bundle: nil, parallel: 1, newcomers: [])
                ).removal(removal)
            })
    }

    @Test func `clean of the first master and a worker`() async throws {
        #expect(try await removal(["10.0.0.1", "10.0.0.5"]) > 50)
    }

    @Test func `clean of all`() async throws {
        #expect(try await removal(Self.masters + Self.nodes, isWhole: true) > 50)
    }
}

extension Kill {
    /// All of them take minutes in a debug build; `make test` takes every seventeenth, `make test-all` each.
    fileprivate var isChosen: Bool {
        if ProcessInfo.processInfo.environment["HAKUBE_LAB_TESTS"] == "all" { return true }
        switch self {
        case .afterStep(let count), .unheard(let count), .half(let count): return count % 17 == 4
        }
    }
}
