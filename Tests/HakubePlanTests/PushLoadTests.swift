// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
@testable import HakubePlan
import HakubeTestSupport
import Testing

/// What a plan says of the bytes that go to each host.
@Suite struct PushLoadTests {
    private let kubelet = String(repeating: "a", count: 64)
    private let blob = String(repeating: "b", count: 64)

    private var bundle: BundleContents {
        func file(_ path: String, _ size: Int, _ stored: Int, _ sum: String, _ roles: [String]) -> BundleManifest.File {
            BundleManifest.File(
                path: path, mode: 0o644, size: size, sha256: sum, roles: roles, stored: stored, storedSha256: "")
        }
        let image = BundleManifest.Image(
            name: "a.b/c:1", arch: .amd64, mediaType: "", digest: "sha256:\(blob)", size: 1, blobs: ["sha256:\(blob)"],
            roles: ["node"])
        let manifest = BundleManifest(
            kubernetes: "v1.34.2", arches: [.amd64],
            files: [
                file("bin/kubelet", 100_000_000, 30_000_000, kubelet, ["master", "node"]),
                // Next to nothing is saved: it travels as it is.
                file("images/blobs/sha256/\(blob)", 50_000_000, 49_000_000, blob, ["node"]),
                file("images/index.json", 1000, 500, "c", ["master", "node"]),
            ], images: [image])
        return BundleContents(manifest: manifest, id: "0123456789ab", podNetwork: nil)
    }

    private func plan(_ contents: (inout HostContents) -> Void = { _ in }) throws -> Plan {
        let spec = try SampleCluster.spec(masters: ["10.0.0.1"], nodes: ["10.0.0.4"])
        var facts = Dictionary(uniqueKeysWithValues: spec.hosts.map { ($0.id, Facts.fresh(for: $0)) })
        contents(&facts[HostID("10.0.0.4"), default: .fresh(for: spec.nodes[0])].contents)
        return try Planner(PlanInput(spec: spec, facts: facts, bundle: bundle, parallel: 4)).initialisation()
    }

    private func load(_ plan: Plan) throws -> PushLoad {
        let steps = plan.phases.flatMap(\.lanes).filter { $0.host == HostID("10.0.0.4") }.flatMap(\.steps)
        return try #require(steps.first { $0.id == "push" }?.load)
    }

    @Test func `a fresh host gets all of its files, as they travel`() throws {
        let plan = try plan()
        #expect(try load(plan) == PushLoad(bytes: 80_000_500, total: 80_000_500))
        #expect(plan.text.contains("send the bundle's files for a node: 80.0 MB of 80.0 MB to /var/lib/hakube/stage/"))
        let tail =
            "To send: 1 master (amd64) 30.0 MB of 30.0 MB, 1 node (amd64) 80.0 MB of 80.0 MB; 110.0 MB of 110.0 MB in all"
        #expect(plan.text.hasSuffix("\n\n\(tail)\n"))
        let json = try String(decoding: plan.json(), as: UTF8.self)
        #expect(json.contains("\"bytes\" : 110001000") && json.contains("\"totalBytes\" : 80000500"))
    }

    @Test func `what stands installed, in containerd's store or on this bundle's stage is not sent`() throws {
        #expect(try load(plan { $0.installed = [kubelet] }).bytes == 50_000_500)
        #expect(try load(plan { $0.blobs = [blob] }).bytes == 30_000_500)
        #expect(try load(plan { $0.staged = ["0123456789ab/bin/kubelet": 100_000_000] }).bytes == 50_000_500)
        #expect(try load(plan { $0.staged = ["0123456789ab/bin/kubelet": 99] }).bytes == 80_000_500, "cut short")
        #expect(try load(plan { $0.staged = ["another/bin/kubelet": 100_000_000] }).bytes == 80_000_500)
        #expect(try load(plan { $0.installed = [blob] }).bytes == 80_000_500, "a blob is of use to containerd alone")
    }

    @Test func `where all is installed the lists that serve to install it are not sent either`() throws {
        let load = try load(plan { ($0.installed, $0.blobs) = ([kubelet], [blob]) })
        #expect(load == PushLoad(bytes: 0, total: 80_000_500))
    }

    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (12_345, "12.3 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB"),
        (198_200_000, "198.2 MB"), (1_650_000_000, "1.7 GB"), (2_000_000_000_000, "2.0 TB"),
    ])
    func `bytes for people`(bytes: Int, text: String) { #expect(bytes.asBytes == text) }
}
