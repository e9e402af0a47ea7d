// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import FoundationEssentials
import HakubeModel
import HakubeTestSupport
import HakubeTransport
import Synchronization

@testable import HakubeCLI

/// A state home of its own, hosts in memory, and what the operator is warned of.
final class ClusterSourceFixture: Sendable {
    static let one = HostID("10.0.0.1")
    let home: StateHome
    let warnings = Mutex<[String]>([])
    let openings = Mutex<[(knownHosts: String, others: [String])]>([])

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hakube-\(UUID().uuidString)")
        home = StateHome(root: folder)
    }

    deinit { try? FileManager.default.removeItem(at: home.root) }

    static func record(_ name: String = "sample", masters: [String] = ["10.0.0.1", "10.0.0.2", "10.0.0.3"]) throws
        -> ClusterRecord
    {
        let spec = try SampleCluster.spec(masters: masters, nodes: ["10.0.1.1"])
        let renamed = ClusterSpec(
            name: name, kubernetes: spec.kubernetes, masters: spec.masters, nodes: spec.nodes, endpoint: spec.endpoint,
            podSubnets: spec.podSubnets, serviceSubnets: spec.serviceSubnets, dnsDomain: spec.dnsDomain,
            imageRepository: spec.imageRepository, extraCertSANs: spec.extraCertSANs, proxyMode: spec.proxyMode)
        return ClusterRecord(spec: renamed)
    }

    static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

    /// What a master says whose API server has a record.
    static func serving(_ record: ClusterRecord) throws -> ScriptOutput {
        ScriptOutput(status: 0, out: "master yes\napi yes\nsecret \(base64(try record.json()))\nkubelet yes\nend yes\n")
    }

    static let unreachable = TransportError(
        .unreachable, peer: "root@10.0.0.9:22", message: "no answer in 15 s", remedy: "start it")

    /// Never says anything, and ends when it is cancelled.
    @Sendable static func silence() async -> Void? {
        let never = AsyncStream<Void> { _ in }
        for await _ in never {}
        return nil
    }

    /// Leaves a cache behind, as an earlier command did.
    func remember(_ record: ClusterRecord, keys: String? = nil) throws {
        let state = StateFolder(cluster: record.cluster, home: home)
        try state.prepare()
        try RecordCache(state: state).write(record.spec(login: SSHAccess(keyPath: keys)))
    }

    func cached(_ name: String = "sample") throws -> ClusterSpec? {
        try RecordCache(state: StateFolder(cluster: name, home: home)).read()?.spec()
    }

    func standing(_ arguments: [String], _ rule: @escaping FakeHosts.Rule) async throws -> StandingCluster {
        let hosts = FakeHosts(rules: [rule])
        var source = try ClusterSource(
            ClusterOptions.parse(arguments), ConnectionOptions.parse([]), home: home)
        source.connector = { [self] _, knownHosts, others in
            openings.withLock { $0.append((name(knownHosts), others.map(name))) }
            return hosts
        }
        source.warn = { [self] text in warnings.withLock { $0.append(text) } }
        return try await source.standing()
    }

    /// The path below the home.
    private func name(_ url: URL) -> String {
        url.path().replacing(home.root.path(), with: "").drop { $0 == "/" }.description
    }

    /// The sentences of whatever error this ends with.
    func refusal(_ arguments: [String], _ rule: @escaping FakeHosts.Rule = { _, _ in nil }) async -> Diagnosis? {
        do {
            _ = try await standing(arguments, rule)
            return nil
        } catch {
            return Diagnosis(error)
        }
    }
}
