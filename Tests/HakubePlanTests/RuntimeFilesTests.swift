// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTestSupport
import HakubeTransport
import Testing

@testable import HakubePlan

/// What containerd reads, by its release and by the inventory.
@Suite struct RuntimeFilesTests {
    private func files(
        containerd: String?, kubernetes: String = "v1.36.4", images: [String] = [], documents: [String] = [],
        canLowerOOMScore: Bool = true
    ) throws -> [RemoteFile] {
        let spec = try SampleCluster.spec(masters: ["10.0.0.1"], kubernetes: kubernetes, documents: documents)
        let manifest = BundleManifest(
            kubernetes: kubernetes, arches: [.amd64],
            components: containerd.map { [.init(name: "containerd", version: $0)] } ?? [], files: [],
            images: images.map {
                BundleManifest.Image(
                    name: $0, arch: .amd64, mediaType: "", digest: "", size: 0, blobs: [], roles: ["master", "node"])
            })
        let bundle = BundleContents(manifest: manifest, id: "x", podNetwork: nil)
        var facts = PlanInput.assumingFresh(spec, bundle: nil, parallel: 1).facts
        for id in facts.keys { facts[id]?.canLowerOOMScore = canLowerOOMScore }
        let input = PlanInput(spec: spec, facts: facts, bundle: bundle, parallel: 1)
        return try NodeFiles(input: input).runtimeFiles(of: spec.masters[0])
    }

    private func configuration(_ files: [RemoteFile]) throws -> String {
        try #require(files.first { $0.path == "/etc/containerd/config.toml" }).text
    }

    @Test(arguments: [
        ("1.6.20~ds1-1+deb12u1", "v1.20.2"), ("1.7.28", "v1.32.9"), ("2.0.6", "v1.33.5"), ("2.1.3", "v1.34.2"),
        ("2.2.0", "v1.35.1"), ("2.3.4", "v1.36.4"),
    ])
    func `containerd's configuration is what it was, for each form of it`(release: String, kubernetes: String) throws {
        let minor = release.split(separator: ".").prefix(2).joined(separator: ".")
        let text = try configuration(files(containerd: release, kubernetes: kubernetes))
        try GoldenFolder("containerd").expect(text, is: "\(minor).toml")
    }

    @Test(arguments: [
        ("1.6.20~ds1", 2), ("v1.7.28", 2), ("2.0.6", 3), ("2.2.9", 3), ("2.3.0", 4), ("2.4.0-rc.1", 4), ("3.0.0", 4),
        (nil, 2), ("unknown", 2), ("2", 2),
    ])
    func `the header says what that containerd reads, and what all read where nothing is known`(
        release: String?, version: Int
    ) throws {
        #expect(ContainerdDialect(release: release).version == version)
        #expect(try configuration(files(containerd: release)).contains("\nversion = \(version)\n"))
    }

    @Test(arguments: ["1.7.28", "2.3.4"])
    func `the sandbox is kubeadm's own pause image, not an add-on's`(release: String) throws {
        let images = ["docker.io/rancher/pause:3.6", "registry.k8s.io/pause:3.10.2", "registry.k8s.io/pause:3.9"]
        let text = try configuration(files(containerd: release, images: images))
        #expect(text.contains("\"registry.k8s.io/pause:3.10.2\""))
        #expect(!text.contains("3.6") && !text.contains("3.9"))
    }

    @Test(arguments: ["1.7.28", "2.3.4"])
    func `the cgroup driver is the user's where he chose one, and the OOM score is left alone where it must be`(
        release: String
    ) throws {
        let kubelet = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\ncgroupDriver: cgroupfs\n"
        let text = try configuration(
            files(containerd: release, documents: [kubelet], canLowerOOMScore: false))
        #expect(text.contains("SystemdCgroup = false"))
        #expect(text.contains("restrict_oom_score_adj = true"))
    }

    private let registries = [
        Registry(
            host: "docker.io", endpoints: ["https://mirror.example.com:5000", "http://10.0.0.50:5000"],
            ca: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"),
        Registry(host: "registry.example.com:5000", skipVerify: true),
        Registry(host: Registry.fallback, endpoints: ["https://mirror.example.com/proxy"]),
    ]

    @Test func `each registry gets a hosts.toml that asks nobody but its endpoints`() throws {
        let files = try RegistryFiles(registries: registries).files()
        #expect(
            files.map(\.path) == [
                "/etc/containerd/certs.d/docker.io/hakube-ca.crt", "/etc/containerd/certs.d/docker.io/hosts.toml",
                "/etc/containerd/certs.d/registry.example.com:5000/hosts.toml",
                "/etc/containerd/certs.d/_default/hosts.toml",
            ])
        for file in files where file.path.hasSuffix(".toml") {
            let name = file.path.split(separator: "/").dropLast().last.map(String.init) ?? ""
            try GoldenFolder("registries").expect(file.text, is: "\(name.replacing(":", with: "-")).toml")
        }
        #expect(files.allSatisfy { $0.text.hasPrefix("# hakube: ") }, "else no later run would know them")
    }

    private let locked = Registry(
        host: "docker.io", endpoints: ["https://one.example.com", "https://two.example.com/proxy"],
        login: RegistryLogin(username: "puller", password: Secret("hunter2")))

    @Test
    func
        `a login is a header of every endpoint, in a file that root alone may read, and only its marker is in the plan`()
        throws
    {
        let files = try RegistryFiles(registries: [locked]).files()
        try GoldenFolder("registries").expect(files[0].text, is: "login.toml")
        #expect(files[0].mode == 0o600)
        #expect(try RegistryFiles(registries: [registries[1]]).files().map(\.mode) == [0o644])
        #expect(!"\(files)".contains("hunter2"))
    }

    @Test func `neither plan nor rendered files hold a password or what is made of it`() throws {
        let spec = try spec([locked])
        let plan = try Planner(.assumingFresh(spec, bundle: nil, parallel: 1)).initialisation()
        let rendered = RenderedFiles(plan).files.map(\.text).joined()
        let json = String(decoding: try plan.json(), as: UTF8.self)
        // Base64 of puller:hunter2.
        for text in [rendered, json, plan.text, "\(plan)"] {
            #expect(!text.contains("hunter2") && !text.contains("cHVsbGVyOmh1bnRlcjI="))
        }
        #expect(json.contains("Basic [redacted: login to docker.io]"))
        #expect(rendered.contains("Basic \(RegistryLogin.placeholder)"))
        #expect(!plan.phases.contains { $0.id == "registry-logins" }, "the operator has given it")
    }

    private func spec(_ registries: [Registry], _ cluster: ClusterSpec? = nil) throws -> ClusterSpec {
        let bare = try cluster ?? SampleCluster.spec(masters: ["10.0.0.1"])
        return ClusterSpec(
            name: bare.name, kubernetes: bare.kubernetes, masters: bare.masters, nodes: bare.nodes,
            endpoint: bare.endpoint, podSubnets: bare.podSubnets, serviceSubnets: bare.serviceSubnets,
            dnsDomain: bare.dnsDomain, imageRepository: bare.imageRepository, proxyMode: bare.proxyMode,
            registries: registries)
    }

    @Test func `a newcomer's login that nobody has typed is read from a master that serves, before it is written`()
        throws
    {
        let kept = Registry(host: "a.b", login: RegistryLogin(username: "puller"))
        let spec = try spec(
            [kept, registries[1]], try SampleCluster.spec(masters: ["10.0.0.1"], nodes: ["10.0.0.4"]))
        var facts = Dictionary(uniqueKeysWithValues: spec.hosts.map { ($0.id, Facts.fresh(for: $0)) })
        facts[spec.masters[0].id]?.serves = true
        let input = PlanInput(
            spec: spec, facts: facts, bundle: nil, parallel: 1, newcomers: [spec.nodes[0].id])
        let plan = try Planner(input).initialisation()
        let phase = try #require(plan.phases.first { $0.id == "registry-logins" })
        #expect(phase.lanes.map(\.host) == [spec.masters[0].id])
        #expect(
            phase.lanes[0].steps.map(\.action) == [
                .learn(path: "/etc/containerd/certs.d/a.b/hosts.toml", registry: "a.b")
            ])
        let order = plan.phases.map(\.id)
        let read = try #require(order.firstIndex(of: "registry-logins"))
        let written = try #require(order.firstIndex(of: "prepare"))
        #expect(read < written)
        #expect(!phase.lanes[0].steps.contains { !$0.readOnly })
    }

    @Test func `Docker Hub is asked under the name of its registry`() throws {
        let hub = [
            Registry(host: "docker.io"),
            Registry(host: "hub", endpoints: ["https://mirror.example.com", "https://docker.io/"]),
        ]
        let files = try RegistryFiles(registries: hub).files()
        for (file, name) in zip(files, ["docker.io-itself", "hub"]) {
            try GoldenFolder("registries").expect(file.text, is: "\(name).toml")
        }
        #expect(files.allSatisfy { $0.text.contains("server = \"https://registry-1.docker.io\"") })
    }

    @Test func `what the inventory names no more goes, what stood there before comes back, others' files stay`() throws
    {
        let folder = try ScratchFolder()
        let root = folder.path
        let step = try RegistryFiles(registries: [registries[1]]).sweeping()
        guard case .run(let script) = step.action, let unless = step.unless else {
            Issue.record("the step is no script")
            return
        }
        func run(_ script: Script) throws -> Int {
            let text = script.text.replacing("/etc/containerd", with: "\(root)/etc/containerd")
                .replacing("/var/lib/hakube/receipt/kept", with: "\(root)/kept")
            return try LocalShell.run(Script(text)).status
        }
        let certs = "etc/containerd/certs.d"
        try folder.write("# hakube: x\nserver\n", to: "\(certs)/docker.io/hosts.toml")
        try folder.write("# hakube: x\nserver\n", to: "\(certs)/quay.io/hosts.toml")
        try folder.write("of the owner\n", to: "kept\(root)/\(certs)/quay.io/hosts.toml")
        try folder.write("of the owner\n", to: "\(certs)/ghcr.io/hosts.toml")
        try folder.write("# hakube: x\nserver\n", to: "\(certs)/registry.example.com:5000/hosts.toml")
        #expect(try run(unless) != 0)
        #expect(try run(script) == 0)
        #expect(try run(unless) == 0)
        #expect(!folder.has("\(certs)/docker.io"))
        #expect(folder.text(of: "\(certs)/quay.io/hosts.toml") == "of the owner\n")
        #expect(folder.text(of: "\(certs)/ghcr.io/hosts.toml") == "of the owner\n")
        #expect(folder.has("\(certs)/registry.example.com:5000/hosts.toml"))
    }

    @Test func `a plan writes the registries' files and is not changed by their absence`() throws {
        let bare = try SampleCluster.spec(masters: ["10.0.0.1"])
        let spec = try spec(registries, bare)
        let with = RenderedFiles(try Planner(.assumingFresh(spec, bundle: nil, parallel: 1)).initialisation()).files
        let without = RenderedFiles(try Planner(.assumingFresh(bare, bundle: nil, parallel: 1)).initialisation()).files
        #expect(with.count(where: { $0.path.hasPrefix("/etc/containerd/certs.d/") }) == 4)
        #expect(!without.contains { $0.path.hasPrefix("/etc/containerd/certs.d/") })
    }
}
