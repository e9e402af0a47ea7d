// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan
import HakubeTestSupport
import Testing

@Suite struct PreflightTests {
    private let one = HostID("10.0.0.1")
    private let two = HostID("10.0.0.2")
    private let worker = HostID("10.0.0.4")

    /// Findings on three masters and a worker, all newly installed but for what `change` does to them.
    private func findings(
        kubernetes: String = "v1.34.2", documents: [String] = [], bundle: BundleContents? = nil, named: Bool = true,
        _ change: (inout [HostID: Facts]) -> Void = { _ in }
    ) throws -> [Preflight.Finding] {
        let spec = try SampleCluster.spec(
            masters: ["10.0.0.1", "10.0.0.2", "10.0.0.3"], nodes: ["10.0.0.4"], kubernetes: kubernetes,
            documents: documents)
        let hosts =
            named
            ? spec.hosts
            : spec.hosts.map { Host(id: $0.id, role: $0.role, sshAddress: $0.sshAddress, address: $0.address) }
        var facts = Dictionary(uniqueKeysWithValues: hosts.map { ($0.id, Facts.fresh(for: $0)) })
        change(&facts)
        let asked = ClusterSpec(
            name: spec.name, kubernetes: spec.kubernetes, masters: hosts.filter { $0.role == .master },
            nodes: hosts.filter { $0.role == .node }, endpoint: spec.endpoint, podSubnets: spec.podSubnets,
            serviceSubnets: spec.serviceSubnets, dnsDomain: spec.dnsDomain, imageRepository: spec.imageRepository,
            proxyMode: spec.proxyMode, kubeadmDocuments: documents)
        return Preflight(spec: asked, facts: facts, bundle: bundle).findings
    }

    /// A change makes exactly one finding, of that kind, whose sentence holds these words.
    private func expect(
        _ severity: Preflight.Finding.Severity, _ words: String, kubernetes: String = "v1.34.2",
        documents: [String] = [], bundle: BundleContents? = nil, named: Bool = true,
        sourceLocation: SourceLocation = #_sourceLocation, _ change: (inout [HostID: Facts]) -> Void
    ) throws {
        let found = try findings(kubernetes: kubernetes, documents: documents, bundle: bundle, named: named, change)
        #expect(found.map(\.severity) == [severity], "\(found)", sourceLocation: sourceLocation)
        #expect(
            found.first?.problem.description.contains(words) == true, "\(found)", sourceLocation: sourceLocation)
    }

    private func bundle(arch: Architecture = .amd64, bytes: Int = 1, path: String = "bin/kubelet") -> BundleContents {
        let file = BundleManifest.File(
            path: "\(arch.rawValue)/\(path)", mode: 0o755, size: bytes, sha256: "", roles: ["master", "node"],
            arch: arch,
            stored: bytes, storedSha256: "")
        let manifest = BundleManifest(kubernetes: "v1.34.2", arches: [arch], files: [file], images: [])
        return BundleContents(manifest: manifest, id: "x", podNetwork: nil)
    }

    @Test func `newly installed hosts have no findings`() throws {
        #expect(try findings(bundle: bundle()).isEmpty)
    }

    @Test func `a bundle of another architecture is the bundle's fault`() throws {
        try expect(.bundle, "10.0.0.1: it is a aarch64 machine and the bundle is for amd64", bundle: bundle()) {
            $0[one]?.architecture = .arm64
            $0[one]?.machine = "aarch64"
        }
    }

    @Test func `two hosts of one name are named both`() throws {
        try expect(.error, "same is the host name of 10.0.0.1 and 10.0.0.2", named: false) {
            $0[one]?.hostname = "same"
            $0[two]?.hostname = "Same"
        }
    }

    @Test func `the inventory's name counts, not the host's own`() throws {
        let found = try findings {
            $0[one]?.hostname = "localhost"
            $0[two]?.hostname = "localhost"
        }
        #expect(found.isEmpty)
    }

    @Test func `a hostname that no node can have is an error`() throws {
        try expect(.error, "its host name 'my_host' cannot be a node's name", named: false) {
            $0[one]?.hostname = "my_host"
        }
    }

    @Test func `clones are told by their machine-id`() throws {
        try expect(.error, "abc is the machine-id of 10.0.0.1 and 10.0.0.2") {
            $0[one]?.machineID = "abc"
            $0[two]?.machineID = "abc"
        }
    }

    @Test func `a shared product_uuid is a warning, an unknown one is nothing`() throws {
        try expect(.warning, "u is the product_uuid of 10.0.0.1 and 10.0.0.2") {
            $0[one]?.productUUID = "U"
            $0[two]?.productUUID = "u"
        }
        #expect(try findings { facts in facts.keys.forEach { facts[$0]?.productUUID = "" } }.isEmpty)
    }

    @Test func `swap that is on is planned for, not refused`() throws {
        #expect(try findings { $0[one]?.swapOn = true }.isEmpty)
    }

    @Test func `cgroup v1 is refused from 1.35 on`() throws {
        #expect(try findings(kubernetes: "v1.34.2") { $0[one]?.cgroupVersion = 1 }.isEmpty)
        try expect(.error, "cgroup v1", kubernetes: "v1.35.0") { $0[one]?.cgroupVersion = 1 }
    }

    @Test func `a small master is refused unless kubeadm shall ignore it`() throws {
        try expect(.error, "a master has 1 CPUs") { $0[one]?.cpus = 1 }
        try expect(.error, "a master has 1024 MB of memory") { $0[one]?.memory = 1024 }
        try expect(.warning, "1 CPUs", documents: ["ignorePreflightErrors: [NumCPU]"]) { $0[one]?.cpus = 1 }
        #expect(try findings { $0[worker]?.cpus = 1 }.isEmpty)
    }

    @Test func `too little room for three times the bundle is an error`() throws {
        try expect(.error, "/var/lib has 299 MB free and 300 MB are needed", bundle: bundle(bytes: 100 << 20)) {
            $0[one]?.diskFree = 299
        }
    }

    @Test func `programs that are missing are errors, those kubeadm does without are warnings`() throws {
        try expect(.error, "these programs are missing: conntrack") { $0[one]?.missingCommands = ["conntrack"] }
        try expect(.warning, "these programs are missing: socat") { $0[one]?.missingCommands = ["socat"] }
        let brought = try findings(bundle: bundle(path: "bin/conntrack")) { $0[one]?.missingCommands = ["conntrack"] }
        #expect(brought.isEmpty)
    }

    @Test func `a bundle without the guardian serves no workers, and without its image none that run it as a pod`()
        throws
    {
        let repository = "registry.k8s.io"
        let names = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"].map {
            "\(repository)/\($0):v1.34.2"
        }
        let others = ["etcd:3.6.5-0", "pause:3.10.1", "coredns/coredns:v1.12.1"].map { "\(repository)/\($0)" }
        let images = (names + others).map {
            BundleManifest.Image(
                name: $0, arch: .amd64, mediaType: "", digest: "", size: 1, blobs: [], roles: ["master", "node"])
        }
        let bare = BundleManifest(kubernetes: "v1.34.2", arches: [.amd64], files: [], images: images)
        let found = try findings(bundle: BundleContents(manifest: bare, id: "x", podNetwork: nil))
        #expect(found.map(\.severity) == [.bundle, .bundle])
        #expect(
            found.map(\.problem.message) == [
                "it has no bin/hakube-guardian for amd64, which every worker runs",
                "the image hakube.local/guardian is not in it for amd64, and no registry has it",
            ])
    }

    @Test(arguments: [
        "  \"Network\": \"{{podSubnet}}\",", "- name: CALICO_IPV4POOL_CIDR\n  value: \"{{podSubnet}}\"",
        "cidrs: {{podSubnet}}",
    ])
    func `a pod network for one IPv4 block is refused where pods have IPv6`(manifest: String) throws {
        func found(_ pods: [String]) throws -> [Preflight.Finding] {
            let spec = try SampleCluster.spec(
                masters: ["10.0.0.1"], pods: pods, services: pods.map { $0.replacing("244", with: "96") })
            let bare = BundleManifest(kubernetes: "v1.34.2", arches: [.amd64], files: [], images: [])
            return Preflight(
                spec: spec, facts: [:], bundle: BundleContents(manifest: bare, id: "x", podNetwork: manifest)
            ).findings
        }
        #expect(try found(["10.244.0.0/16"]).isEmpty)
        for pods in [["10.244.0.0/16", "fd00:10:244::/56"], ["fd00:10:244::/56"]] {
            let found = try found(pods)
            #expect(found.map(\.severity) == (manifest.hasPrefix("cidrs") ? [] : [.bundle]))
            #expect(found.allSatisfy { $0.problem.remedy.contains("--cni-manifest FILE") })
        }
    }

    @Test func `a host without systemd is refused`() throws {
        try expect(.error, "systemd does not run here") { $0[one]?.hasSystemd = false }
    }

    @Test func `a clock that is off against the others is an error, the operator's own is not`() throws {
        try expect(.error, "10.0.0.2: its clock differs by 9 s") { $0[two]?.clock = 9 }
        #expect(try findings { facts in facts.keys.forEach { facts[$0]?.operatorClock = 1000 } }.isEmpty)
        #expect(try findings { $0[two]?.clock = 5 }.isEmpty)
    }
}
