// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubePlan

/// The bundle's files ahead of time.
@Suite struct StagingPlanTests {
    private let spec: ClusterSpec
    private let bundle: BundleContents

    init() throws {
        spec = try SampleCluster.spec(masters: ["10.0.0.1"], nodes: ["10.0.0.4"])
        let file = BundleManifest.File(
            path: "amd64/bin/kubelet", mode: 0o755, size: 100 << 20, sha256: "1", roles: ["master", "node"],
            arch: .amd64, stored: 1, storedSha256: "")
        let manifest = BundleManifest(kubernetes: "v1.34.2", arches: [.amd64], files: [file], images: [])
        bundle = BundleContents(manifest: manifest, id: "0123456789ab", podNetwork: nil)
    }

    private func facts(_ change: (inout Facts) -> Void = { _ in }) -> [HostID: Facts] {
        var facts = Dictionary(uniqueKeysWithValues: spec.hosts.map { ($0.id, Facts.fresh(for: $0)) })
        let node = spec.nodes[0].id
        change(&facts[node, default: .fresh(for: spec.nodes[0])])
        return facts
    }

    @Test func `a push does to the hosts what init does in its own push, and nothing else`() throws {
        let planner = Planner(PlanInput(spec: spec, facts: facts(), bundle: bundle, parallel: 4))
        let plan = planner.staging()
        #expect(plan.phases.map(\.id) == ["push"])
        let whole = try planner.initialisation()
        #expect(plan.phases.first == whole.phases.first { $0.id == "push" })
        #expect(plan.hosts == Set(spec.hosts.map(\.id)))
    }

    @Test func `a host without systemd or memory can take files all the same`() {
        let facts = facts {
            $0.hasSystemd = false
            $0.memory = 1
            $0.missingCommands = ["mount"]
        }
        #expect(Preflight(spec: spec, facts: facts, bundle: bundle).stagingFindings.isEmpty)
    }

    @Test func `a host of another architecture cannot`() {
        let facts = facts { $0.architecture = .arm64 }
        let findings = Preflight(spec: spec, facts: facts, bundle: bundle).stagingFindings
        #expect(findings.map(\.severity) == [.bundle])
        #expect(findings.first?.problem.message.contains("the bundle is for amd64") == true)
    }

    @Test func `nor one without the room that installing takes`() {
        let facts = facts { $0.diskFree = 299 }
        let findings = Preflight(spec: spec, facts: facts, bundle: bundle).stagingFindings
        #expect(findings.map(\.problem.message) == ["/var/lib has 299 MB free and 300 MB are needed"])
    }
}
