// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubePlan

/// The guardian as a pod, as a unit, and on its way from one to the other.
@Suite struct GuardianModeTests {
    private let worker = HostID("10.0.0.4")

    private func plan(
        _ mode: Endpoint.GuardianMode, joined: Bool = false, _ change: (inout Facts) -> Void = { _ in }
    ) throws -> Plan {
        let spec = try SampleCluster.spec(
            masters: ["10.0.0.1", "10.0.0.2", "10.0.0.3"], nodes: ["10.0.0.4"], guardian: mode)
        var facts = PlanInput.assumingFresh(spec, bundle: nil, parallel: 16).facts
        if joined {
            for host in spec.hosts { facts[host.id]?.hasKubeletConfig = true }
            for host in spec.masters {
                facts[host.id]?.serves = true
                facts[host.id]?.staticPods = ["etcd", "kube-apiserver"]
            }
        }
        if var own = facts[worker] {
            change(&own)
            facts[worker] = own
        }
        return try Planner(PlanInput(spec: spec, facts: facts, bundle: nil, parallel: 16)).initialisation()
    }

    /// The worker's steps of joining, those that only write files for kubeadm left out.
    private func steps(_ plan: Plan) -> [Step] {
        let lanes = plan.phases.first { $0.id == "join" }?.lanes ?? []
        return (lanes.first { $0.host == worker }?.steps ?? []).filter { !$0.id.hasPrefix("write ") }
    }

    private func files(_ plan: Plan) -> [RenderedFiles.File] {
        RenderedFiles(plan).files.filter { $0.host == worker && $0.path.contains("hakube-guardian") }
    }

    @Test func `a pod follows a transient unit that guards while the worker joins`() throws {
        #expect(
            steps(try plan(.pod)).map(\.id) == [
                "hosts", "guardian-config", "guardian-once", "kubeadm-join", "guardian-config", "guardian-pod",
                "guardian-took-over",
            ])
    }

    @Test func `a unit stands before the worker joins, and nothing comes after it`() throws {
        let plan = try plan(.systemd)
        #expect(
            steps(plan).map(\.id) == [
                "hosts", "guardian-config", "guardian-unit-file", "guardian-unit", "kubeadm-join",
            ])
        #expect(files(plan).map(\.path) == ["/etc/systemd/system/hakube-guardian.service"])
        #expect(!plan.text.contains("guardian-pod"))
    }

    @Test func `on a worker that has joined the unit is looked after, too`() throws {
        let ids = ["hosts", "guardian-config", "guardian-unit-file", "guardian-unit"]
        #expect(steps(try plan(.systemd, joined: true)).map(\.id) == ids)
    }

    @Test func `on the way to a pod the unit gives way before and goes after`() throws {
        let plan = try plan(.pod, joined: true) { $0.hasGuardianUnit = true }
        #expect(
            steps(plan).map(\.id) == [
                "hosts", "guardian-config", "guardian-unit-yields", "guardian-pod", "guardian-took-over",
                "guardian-unit-gone",
            ])
        // Without a unit there is nothing to remove.
        let calm = try self.plan(.pod, joined: true)
        #expect(steps(calm).map(\.id) == ["hosts", "guardian-config", "guardian-pod", "guardian-took-over"])
    }

    @Test func `files of both modes are what they were`() throws {
        let golden = GoldenFolder("endpoint")
        for mode in Endpoint.GuardianMode.allCases {
            for file in files(try plan(mode)) {
                try golden.expect(file.text, is: String(file.path.split(separator: "/").last ?? ""))
            }
        }
    }

    @Test func `the plan of a cluster with units reads as it did`() throws {
        try GoldenFolder("plan").expect(try plan(.systemd).text, is: "systemd.txt")
    }

    @Test func `a host that may not lower oom_score_adj gets a unit that does not try`() throws {
        let texts = files(try plan(.systemd) { $0.canLowerOOMScore = false }).map(\.text)
        #expect(texts.map { $0.contains("OOMScoreAdjust") } == [false])
    }

    @Test func `its image is pinned, so that the kubelet does not clear it away on a full disk`() throws {
        let name = "hakube.local/guardian:v9"
        let image = BundleManifest.Image(
            name: name, arch: .amd64, mediaType: "", digest: "sha256:1", size: 1, blobs: [], roles: ["node"])
        let manifest = BundleManifest(kubernetes: "v1.34.2", arches: [.amd64], files: [], images: [image])
        let bundle = BundleContents(manifest: manifest, id: "x", podNetwork: nil)
        let spec = try SampleCluster.spec(masters: ["10.0.0.1"], nodes: ["10.0.0.4"])
        let plan = try Planner(.assumingFresh(spec, bundle: bundle, parallel: 1)).initialisation()
        let lanes = plan.phases.flatMap(\.lanes).filter { $0.host == worker }
        let load = try #require(lanes.flatMap(\.steps).first { $0.id == "images" })
        guard case .job(let script) = load.action else { throw Unexpected() }
        #expect(script.text.contains("for name in \(name); do"))
        #expect(script.text.contains("images label \"$name\" io.cri-containerd.pinned=pinned"))
        #expect(load.unless?.text.contains("labels.\"io.cri-containerd.pinned\"==pinned") == true)
        #expect(
            try #require(RenderedFiles(plan).files.first { $0.path.hasSuffix("guardian.yaml") }).text.contains(name))
    }

    private struct Unexpected: Error {}

    @Test func `tcp_diag is loaded at boot beside IPVS, where the kernel has them`() throws {
        func modules(_ change: (inout Facts) -> Void) throws -> [Substring] {
            let file = RenderedFiles(try plan(.pod, change)).files.first {
                $0.host == worker && $0.path == "/etc/modules-load.d/hakube.conf"
            }
            return try #require(file).text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        }
        #expect(try modules { _ in }.suffix(2) == ["nf_conntrack", "tcp_diag"])
        #expect(try modules { $0.hasTCPDiag = false }.last == "nf_conntrack")
        #expect(try modules { $0.hasIPVS = false } == ["overlay", "br_netfilter"])
    }
}
