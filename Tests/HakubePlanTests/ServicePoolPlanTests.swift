// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTestSupport
import Testing
import Yams

@testable import HakubePlan

/// Pools of service addresses: what the API server is given, and what the plan refuses.
@Suite struct ServicePoolPlanTests {
    private static let image = "ghcr.io/kube-vip/kube-vip-cloud-provider:v0.0.12"

    private static func spec(_ pools: [String: [String]], version: String = "v1.34.2", masters: Int = 3) throws
        -> ClusterSpec
    {
        try SampleCluster.spec(
            masters: (1...masters).map { "10.0.0.\($0)" }, nodes: ["10.0.0.4"], kubernetes: version, vip: "10.0.0.200",
            servicePools: pools)
    }

    private static func bundle(_ names: [String], roles: [String] = ["master", "node"]) -> BundleContents {
        let images = names.map {
            BundleManifest.Image(
                name: $0, arch: .amd64, mediaType: "", digest: "sha256:1", size: 1, blobs: [], roles: roles)
        }
        let manifest = BundleManifest(kubernetes: "v1.34.2", arches: [.amd64], files: [], images: images)
        return BundleContents(manifest: manifest, id: "x", podNetwork: nil)
    }

    private static let pools = ["team-a": ["10.0.1.224/29", "10.0.1.240"], "global": ["10.0.1.10-10.0.1.19"]]

    private func manifests(_ spec: ClusterSpec, _ bundle: BundleContents? = nil) -> PoolManifests {
        PoolManifests(input: .assumingFresh(spec, bundle: bundle, parallel: 1))
    }

    @Test func `the ConfigMap has a range for each pool and no block, which would hide the ranges of others`() throws {
        let text = try manifests(Self.spec(Self.pools)).pools()
        let map = try #require(try Yams.compose(yaml: text))
        #expect(map["kind"]?.string == "ConfigMap")
        #expect(map["metadata"]?["name"]?.string == "kubevip")
        #expect(map["metadata"]?["namespace"]?.string == "kube-system")
        let data = try #require(map["data"]?.mapping)
        #expect(data.keys.compactMap(\.string) == ["range-global", "range-team-a"])
        #expect(
            data.values.compactMap(\.string) == [
                "10.0.1.10-10.0.1.19", "10.0.1.224-10.0.1.231,10.0.1.240-10.0.1.240",
            ])
    }

    @Test func `the cloud provider's objects refer to each other, and its pods run on masters from the bundle`() throws
    {
        let spec = try Self.spec(Self.pools)
        let name = "registry.example.com/kube-vip/kube-vip-cloud-provider:v9"
        let text = try manifests(spec, Self.bundle(["a.b/c:1", name])).cloudProvider()
        let documents = try Yams.compose_all(yaml: text).map { $0 }
        let kinds = documents.compactMap { $0["kind"]?.string }
        #expect(
            kinds == ["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "Deployment"])
        func object(_ kind: String) throws -> Node {
            try #require(documents.first { $0["kind"]?.string == kind })
        }
        let account = try #require(try object("ServiceAccount")["metadata"]?["name"]?.string)
        for (binding, role) in [("ClusterRoleBinding", "ClusterRole"), ("RoleBinding", "Role")] {
            let binding = try object(binding)
            #expect(binding["roleRef"]?["kind"]?.string == role)
            #expect(binding["roleRef"]?["name"] == (try object(role)["metadata"]?["name"]))
            #expect(binding["subjects"]?[0]?["name"]?.string == account)
            #expect(binding["subjects"]?[0]?["namespace"]?.string == "kube-system")
        }
        let deployment = try object("Deployment")
        let template = try #require(deployment["spec"]?["template"])
        let labels = try #require(template["metadata"]?["labels"]?.mapping)
        for (key, value) in try #require(deployment["spec"]?["selector"]?["matchLabels"]?.mapping) {
            #expect(labels[key] == value)
        }
        #expect(deployment["spec"]?["replicas"]?.int == 2)
        let pod = try #require(template["spec"])
        #expect(pod["serviceAccountName"]?.string == account)
        #expect(pod["nodeSelector"]?["node-role.kubernetes.io/control-plane"]?.string == "")
        let container = try #require(pod["containers"]?[0])
        #expect(container["image"]?.string == name)
        // The image's user is a name, and the kubelet starts no such image under runAsNonRoot without a number.
        #expect(container["securityContext"]?["runAsUser"]?.int == 65532)
        let environment = container["env"]?.sequence?.map { "\($0["name"]?.string ?? "")=\($0["value"]?.string ?? "")" }
        #expect(environment == ["KUBEVIP_NAMESPACE=kube-system", "KUBEVIP_CONFIG_MAP=kubevip"])
        // Whatever lacks a namespace would land in the caller's.
        for document in documents where !["ClusterRole", "ClusterRoleBinding"].contains(document["kind"]?.string) {
            #expect(document["metadata"]?["namespace"]?.string == "kube-system")
        }
    }

    @Test func `one master needs one provider, and old releases know masters by another label`() throws {
        let text = try manifests(Self.spec(Self.pools, version: "v1.19.16", masters: 1)).cloudProvider()
        let deployment = try #require(try Yams.compose_all(yaml: text).map { $0 }.last)
        #expect(deployment["spec"]?["replicas"]?.int == 1)
        let selector = deployment["spec"]?["template"]?["spec"]?["nodeSelector"]
        #expect(selector?["node-role.kubernetes.io/master"]?.string == "")
        #expect(text.contains("image: \(Self.image)\n"), "without a bundle the name is that of the usual registry")
    }

    @Test(arguments: ["v1.20.2", "v1.34.2"]) func `the manifests are what they were`(version: String) throws {
        let golden = GoldenFolder("endpoint/\(version)")
        let manifests = manifests(try Self.spec(Self.pools, version: version))
        try golden.expect(try manifests.pools(), is: "service-pools.yaml")
        try golden.expect(try manifests.cloudProvider(), is: "kube-vip-cloud-provider.yaml")
    }

    // MARK: - Steps

    private func steps(_ spec: ClusterSpec, former: ClusterSpec? = nil, newcomers: Set<HostID>? = nil) throws -> [Step]
    {
        var facts = PlanInput.assumingFresh(spec, bundle: nil, parallel: 1).facts
        facts[spec.masters[0].id]?.serves = former != nil
        facts[spec.masters[0].id]?.record = former.map { ClusterRecord(spec: $0) }
        let plan = try Planner(
            PlanInput(spec: spec, facts: facts, bundle: nil, parallel: 1, newcomers: newcomers)
        ).initialisation()
        let lane = plan.phases.first { $0.id == "settle" }?.lanes.first
        return lane?.steps.filter { ["service-pools", "cloud-provider"].contains($0.id) } ?? []
    }

    @Test func `pools are looked at in every run, and removed where the record has some and the inventory none`() throws
    {
        let (with, without) = (try Self.spec(Self.pools), try Self.spec([:]))
        #expect(try steps(with).map(\.id) == ["service-pools", "cloud-provider"])
        #expect(try steps(with, former: with, newcomers: []).map(\.id) == ["service-pools", "cloud-provider"])
        #expect(try steps(without).isEmpty)
        #expect(try steps(without, former: without).isEmpty)
        let removal = try steps(without, former: with)
        #expect(removal.map(\.title) == ["remove the pools of service addresses"])
        // Everything that was applied goes.
        let manifests = manifests(with)
        let documents =
            try Yams.compose_all(yaml: manifests.pools()).map { $0 }
            + Yams.compose_all(yaml: manifests.cloudProvider()).map { $0 }
        guard case .run(let script) = try #require(removal.first).action else { return #expect(Bool(false)) }
        for document in documents {
            let kind = try #require(document["kind"]?.string).lowercased()
            let name = try #require(document["metadata"]?["name"]?.string)
            #expect(script.text.contains(" \(kind)/\(name)"))
        }
        #expect(documents.count == 7)
    }

    // MARK: - Checks

    private func findings(
        _ pools: [String: [String]], _ bundle: BundleContents?, _ change: (inout [HostID: Facts]) -> Void = { _ in }
    ) throws -> [Preflight.Finding] {
        let spec = try Self.spec(pools)
        var facts = PlanInput.assumingFresh(spec, bundle: nil, parallel: 1).facts
        change(&facts)
        return Preflight(spec: spec, facts: facts, bundle: bundle).poolFindings
    }

    @Test func `a bundle without the provider's image for masters is the bundle's fault`() throws {
        let refused = try findings(Self.pools, Self.bundle([]))
        #expect(refused.map(\.severity) == [.bundle])
        #expect(
            refused.first?.problem.description
                == "bundle: the image kube-vip-cloud-provider is not in it for masters of amd64, and pools of service "
                + "addresses need it; build the bundle with --image \(Self.image), or take the pools out")
        #expect(try findings(Self.pools, Self.bundle([Self.image], roles: ["node"])).count == 1)
        #expect(try findings(Self.pools, Self.bundle([Self.image])).isEmpty)
        #expect(try findings(Self.pools, Self.bundle(["kubevip/kube-vip-cloud-provider:v0.0.4"])).isEmpty)
        #expect(try findings([:], Self.bundle([])).isEmpty)
        #expect(try findings(Self.pools, nil).isEmpty)
    }

    @Test func `an address that a new host has besides its own is in no pool`() throws {
        let worker = HostID("10.0.0.4")
        let address = IPAddress(family: .v4, value: 0x0a00_01e1)
        let found = try findings(Self.pools, nil) { $0[worker]?.addresses.append(address) }
        #expect(
            found.map(\.problem.description) == [
                "10.0.0.4: its own address 10.0.1.225 lies in the pool of team-a of service addresses; take the address "
                    + "out of the pool"
            ])
        // On a member kube-vip put it there.
        let member = try findings(Self.pools, nil) { facts in
            facts[worker]?.addresses.append(address)
            facts[worker]?.hasKubeletConfig = true
        }
        #expect(member.isEmpty)
    }
}
