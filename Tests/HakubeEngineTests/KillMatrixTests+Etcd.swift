// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTestSupport
import Testing

/// The same where etcd is not on the masters.
extension KillMatrixTests {
    private static let etcd = ["10.0.0.21", "10.0.0.22", "10.0.0.23"]

    private static func spec(_ version: String, onHosts etcd: [String]) throws -> ClusterSpec {
        try spec(version, ["10.0.0.1", "10.0.0.2"], ["10.0.0.4"], etcd: SampleCluster.etcd(hosts: etcd))
    }

    @Test(arguments: ["v1.20.2", "v1.34.2"])
    func `init with three hosts of etcd's own`(version: String) async throws {
        let spec = try Self.spec(version, onHosts: Self.etcd)
        let count = try await survives(Story(spec: spec) { try Self.initialisation(of: spec, on: $0) })
        #expect(count > 200)
    }

    @Test(arguments: ["v1.20.2", "v1.34.2"])
    func `init with an etcd that somebody else runs`(version: String) async throws {
        let external = ExternalEtcd(
            endpoints: [EtcdEndpoint(host: "10.9.0.1"), EtcdEndpoint(host: "10.9.0.2")],
            credentials: EtcdCredentials(ca: "the CA", certificate: "a certificate", key: Secret("a key")))
        let spec = try Self.spec(version, ["10.0.0.1", "10.0.0.2"], ["10.0.0.4"], etcd: .external(external))
        let count = try await survives(Story(spec: spec) { try Self.initialisation(of: spec, on: $0) })
        #expect(count > 100)
    }

    @Test func `join of two hosts of etcd's own`() async throws {
        let whole = try Self.spec("v1.34.2", onHosts: Self.etcd)
        let start = try await Self.standing(Self.spec("v1.34.2", onHosts: [Self.etcd[0]]), of: whole)
        let newcomers = Set(Self.etcd.dropFirst().map { HostID($0) })
        let count = try await survives(
            Story(spec: whole, start: start) { try Self.initialisation(of: whole, on: $0, newcomers: newcomers) })
        #expect(count > 50)
    }

    @Test func `the only member of an etcd keeps its majority while the second is announced, and has yet to start`()
        async throws
    {
        let whole = try Self.spec("v1.34.2", onHosts: Array(Self.etcd.prefix(2)))
        let start = try await Self.standing(Self.spec("v1.34.2", onHosts: [Self.etcd[0]]), of: whole)
        let join = { @Sendable (run: ModelRun) in
            try Self.initialisation(of: whole, on: run, newcomers: [HostID(Self.etcd[1])])
        }
        let acts = try await ModelRun(whole, from: start).carryOut(join).acts
        let announcement = try #require(acts.firstIndex { $0.contains("etcd-announce") })
        for count in announcement + 1...acts.count {
            let run = ModelRun(whole, from: start)
            _ = try await run.carryOut(join, until: .unheard(count))
            #expect(run.members(of: whole)?.count == 2, "\(acts[count - 1])")
            let rest = try await run.carryOut(join)
            #expect(rest.summary.failures.isEmpty, "\(acts[count - 1]): \(rest.summary.failures)")
            #expect(run.cluster.now.learners.isEmpty && run.members(of: whole)?.allSatisfy(\.isHealthy) == true)
        }
    }

    private func removal(_ leaving: [String], isWhole: Bool = false) async throws -> Int {
        let spec = try Self.spec("v1.34.2", onHosts: Self.etcd)
        let start = try await Self.standing(spec, of: spec)
        return try await survives(
            Story(spec: spec, start: start) { run in
                let removal = Removal(
                    isWhole: isWhole, leaving: leaving.map { HostID($0) }, members: run.members(of: spec))
                return try Planner(
                    PlanInput(spec: spec, facts: run.facts, bundle: nil, parallel: 1, newcomers: [])
                ).removal(removal)
            })
    }

    @Test func `clean of a host of etcd's own, which has the CA`() async throws {
        #expect(try await removal([Self.etcd[0]]) > 30)
    }

    @Test func `clean of all, with hosts of etcd's own`() async throws {
        let everyone = ["10.0.0.1", "10.0.0.2", "10.0.0.4"] + Self.etcd
        #expect(try await removal(everyone, isWhole: true) > 50)
    }
}
