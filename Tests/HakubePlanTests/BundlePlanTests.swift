// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan
import HakubeTestSupport
import Testing

/// What a plan takes from the bundle for each host.
@Suite struct BundlePlanTests {
    private let blob = "images/blobs/sha256/1"

    private func contents(addOns: [BundleContents.AddOn] = []) -> BundleContents {
        let files = Architecture.allCases.filter { [.amd64, .arm64].contains($0) }.map { arch in
            BundleManifest.File(
                path: "\(arch.rawValue)/bin/kubelet", mode: 0o755, size: 1, sha256: "of-\(arch.rawValue)",
                roles: ["master", "node"], arch: arch, stored: 1, storedSha256: "")
        }
        let image = BundleManifest.Image(
            name: "a.b/only-arm:1", arch: .arm64, mediaType: "", digest: "sha256:1", size: 1, blobs: ["sha256:1"],
            roles: ["node"])
        let shared = BundleManifest.File(
            path: blob, mode: 0o644, size: 1, sha256: "1", roles: ["node"], stored: 1, storedSha256: "")
        let manifest = BundleManifest(
            kubernetes: "v1.34.2", arches: [.amd64, .arm64], files: files + [shared], images: [image])
        return BundleContents(manifest: manifest, id: "0123456789ab", podNetwork: nil, addOns: addOns)
    }

    private func plan(_ bundle: BundleContents) throws -> Plan {
        let spec = try SampleCluster.spec(masters: ["10.0.0.1"], nodes: ["10.0.0.4", "10.0.0.5"])
        var facts = Dictionary(uniqueKeysWithValues: spec.hosts.map { ($0.id, Facts.fresh(for: $0)) })
        facts[try #require(spec.nodes.last?.id)]?.architecture = .arm64
        return try Planner(PlanInput(spec: spec, facts: facts, bundle: bundle, parallel: 4)).initialisation()
    }

    @Test func `each host gets the bundle's part for its own architecture`() throws {
        let pushes = try plan(contents()).phases.flatMap(\.lanes).flatMap { lane in
            lane.steps.compactMap { step in
                if case .push(_, let arch, _) = step.action {
                    (lane.host.description, arch, step.unless?.text)
                } else {
                    nil
                }
            }
        }
        #expect(pushes.map(\.0) == ["10.0.0.1", "10.0.0.4", "10.0.0.5"])
        #expect(pushes.map(\.1) == [.amd64, .amd64, .arm64])
        #expect(pushes.map { $0.2?.contains("of-arm64 1 /usr/local/bin/kubelet") } == [false, false, true])
    }

    @Test func `a blob goes only where an image of that architecture and role needs it`() {
        let manifest = contents().manifest
        #expect(manifest.files(for: .node, on: .arm64).map(\.stagePath) == ["bin/kubelet", blob])
        #expect(manifest.files(for: .node, on: .amd64).map(\.stagePath) == ["bin/kubelet"])
        #expect(manifest.byteCount(for: .node, on: .arm64) == 2)
    }

    @Test func `add-ons go in once each, in order, and no line of theirs ends the text early`() throws {
        let addOns = [
            BundleContents.AddOn(name: "metrics-server", text: "kind: Deployment"),
            BundleContents.AddOn(name: "z", text: "a: |\n  b\nMANIFEST\nrm -rf /"),
        ]
        let lead = try #require(try plan(contents(addOns: addOns)).phases.first { $0.id == "join" }?.lanes.first)
        #expect(lead.steps.map(\.id).prefix(2) == ["add-on metrics-server", "add-on z"])
        #expect(lead.steps[0].unless?.text.contains("get configmap hakube-add-on-metrics-server") == true)
        guard case .run(let script) = lead.steps[1].action else { return #expect(Bool(false)) }
        #expect(script.text.contains("cat <<'MANIFEST_'") && script.text.contains("\nMANIFEST_\n"))
    }
}
