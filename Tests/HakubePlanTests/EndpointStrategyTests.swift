// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTestSupport
import Testing
import Yams

@testable import HakubePlan

/// The endpoint strategies beside the guardian: what they put where, and in which order.
@Suite struct EndpointStrategyTests {
    static let vip = IPAddress(family: .v4, value: 0x0a00_0064)
    private static let floating = FloatingAddress(address: vip)
    static let endpoints: [Endpoint] = [
        Endpoint(strategy: .keepalived(floating)),
        Endpoint(strategy: .kubeVIP(floating, .arp)),
        Endpoint(port: 8443, serverPort: 6443, strategy: .haproxyKeepalived(floating)),
        Endpoint(name: "api.example.com", port: 443, serverPort: 6443, strategy: .external),
    ]

    private static func bundle(_ images: [String]) -> BundleContents {
        let images = images.map {
            BundleManifest.Image(
                name: $0, arch: .amd64, mediaType: "", digest: "sha256:1", size: 1, blobs: [], roles: ["master"])
        }
        let manifest = BundleManifest(kubernetes: "v1.34.2", arches: [.amd64], files: [], images: images)
        return BundleContents(manifest: manifest, id: "x", podNetwork: nil)
    }

    static let allImages = [
        "docker.io/library/haproxy:3.2.19", "hakube.local/keepalived:v2.3.4", "ghcr.io/kube-vip/kube-vip:v1.2.3",
    ]

    func input(
        _ endpoint: Endpoint, masters: Int = 3, images: [String] = allImages, standing: Bool = false
    ) throws -> PlanInput {
        let spec = try SampleCluster.spec(
            masters: (1...masters).map { "10.0.0.\($0)" }, nodes: ["10.0.0.11"], endpoint: endpoint)
        var facts = PlanInput.assumingFresh(spec, bundle: nil, parallel: 16).facts
        for host in spec.hosts {
            facts[host.id]?.interfaces = [
                HostInterface(name: "ens7", address: host.address, network: CIDR("10.0.0.0/24"))
            ]
            if standing { facts[host.id]?.hasKubeletConfig = true }
        }
        if standing {
            for host in spec.masters {
                facts[host.id]?.serves = true
                facts[host.id]?.staticPods = ["etcd", "kube-apiserver"]
            }
        }
        return PlanInput(spec: spec, facts: facts, bundle: Self.bundle(images), parallel: 16)
    }

    private func ids(_ plan: Plan, _ phase: String, _ host: String) -> [String] {
        let lanes = plan.phases.first { $0.id == phase }?.lanes ?? []
        let steps = lanes.first { $0.host == HostID(host) }?.steps ?? []
        return steps.map(\.id).filter { !$0.hasPrefix("write ") }
    }

    private func files(_ plan: Plan) -> [RenderedFiles.File] {
        RenderedFiles(plan).files.filter { file in
            ["keepalived", "haproxy", "kube-vip"].contains { file.path.contains($0) }
        }
    }

    @Test(arguments: endpoints)
    func `files of each strategy are what they were`(_ endpoint: Endpoint) throws {
        let plan = try Planner(input(endpoint)).initialisation()
        let golden = GoldenFolder("endpoint/\(endpoint.kind.rawValue)")
        for file in files(plan) {
            let name = file.path.split(separator: "/").last ?? ""
            try golden.expect(file.text, is: "\(file.host).\(file.path.contains("manifests") ? "pod." : "")\(name)")
        }
        #expect(files(plan).isEmpty == (endpoint.kind == .external))
        // A worker runs none of it.
        #expect(!files(plan).contains { $0.host == HostID("10.0.0.11") })
        let made = try #require(
            RenderedFiles(plan).files.first { $0.path == HostPath.kubeadmInit && $0.host == HostID("10.0.0.1") })
        #expect(made.text.contains("controlPlaneEndpoint: \"\(endpoint.authority)\""))
        #expect(made.text.contains("bindPort: 6443"))
        #expect(made.text.contains("- \"10.0.0.100\"") == (endpoint.vip != nil))
    }

    @Test func `haproxy stands before the first API server, keepalived after it`() throws {
        let plan = try Planner(input(Self.endpoints[2])).initialisation()
        #expect(
            ids(plan, "first-master", "10.0.0.1") == [
                "hosts", "haproxy-config", "haproxy-waiting", "kubeadm-config", "kubeadm-init", "root-kubeconfig",
                "haproxy-config", "haproxy-pod", "haproxy-reload", "own-haproxy", "keepalived-number",
                "keepalived-config", "keepalived-pod", "keepalived-reload", "vip", "cluster-ca",
            ])
        let steps = plan.phases.flatMap(\.lanes).flatMap(\.steps)
        guard case .job(let script)? = steps.first(where: { $0.id == "kubeadm-init" })?.action else {
            Issue.record("kubeadm init is no job")
            return
        }
        let text = script.text
        let reset = try #require(text.firstRange(of: "kubeadm reset"))
        let copy = try #require(text.firstRange(of: "cp /etc/hakube/haproxy/pod.yaml"))
        let make = try #require(text.firstRange(of: "kubeadm init --config"))
        #expect(reset.upperBound < copy.lowerBound && copy.upperBound < make.lowerBound)
    }

    @Test func `a joining master turns to itself only once its own haproxy serves`() throws {
        let plan = try Planner(input(Self.endpoints[2])).initialisation()
        let ids = ids(plan, "join", "10.0.0.2")
        #expect(ids.first == "hosts-join")
        #expect(
            ids.suffix(12) == [
                "own-api-server", "haproxy-config", "haproxy-pod", "haproxy-reload", "own-haproxy", "hosts",
                "keepalived-number", "keepalived-config", "keepalived-pod", "keepalived-reload", "vip",
                "root-kubeconfig",
            ])
    }

    @Test func `kube-vip starts when the name means its own master`() throws {
        let plan = try Planner(input(Self.endpoints[1])).initialisation()
        #expect(
            ids(plan, "join", "10.0.0.3").suffix(5) == [
                "own-api-server", "hosts", "kube-vip-pod", "vip", "root-kubeconfig",
            ])
    }

    @Test(arguments: endpoints)
    func `a worker does nothing for these strategies but resolve the name`(_ endpoint: Endpoint) throws {
        let plan = try Planner(input(endpoint)).initialisation()
        let own = ids(plan, "join", "10.0.0.11")
        #expect(own == (endpoint.vip == nil ? ["kubeadm-join"] : ["hosts", "kubeadm-join"]))
        let blocks = plan.phases.flatMap(\.lanes).flatMap(\.steps).filter {
            if case .block = $0.action { true } else { false }
        }
        #expect(blocks.isEmpty == (endpoint.kind == .external))
    }

    @Test func `priorities are distinct, and a failed check loses against every master that is well`() throws {
        let plan = try Planner(input(Self.endpoints[0], masters: 9)).initialisation()
        let texts = files(plan).filter { $0.path.hasSuffix("keepalived.conf") }.map(\.text)
        let priorities = texts.compactMap { Self.number(after: "priority ", in: $0) }
        let weights = Set(texts.compactMap { Self.number(after: "weight ", in: $0) })
        #expect(priorities.count == 9 && Set(priorities).count == 9)
        let weight = try #require(weights.first)
        #expect(weights.count == 1)
        #expect((priorities.max() ?? 0) + weight < (priorities.min() ?? 0))
        #expect((priorities.min() ?? 0) + weight >= 1 && (priorities.max() ?? 0) <= 254)
        for text in texts { #expect(!text.contains("nopreempt") && text.contains("state BACKUP")) }
    }

    private static func number(after word: String, in text: String) -> Int? {
        text.split(separator: "\n").compactMap { line -> Int? in
            let trimmed = line.drop { $0 == " " }
            return trimmed.hasPrefix(word) ? Int(trimmed.dropFirst(word.count)) : nil
        }.first
    }

    @Test(arguments: [
        ("v0.3.8", "vip_address", "vip_cidr"), ("v0.8.1", "address", "vip_cidr"), ("v1.2.3", "address", "vip_subnet"),
    ])
    func `kube-vip's settings have the names of its release`(tag: String, address: String, prefix: String) throws {
        let input = try input(Self.endpoints[1], images: ["ghcr.io/kube-vip/kube-vip:\(tag)"])
        let file = try #require(files(try Planner(input).initialisation()).first)
        let pod = try #require(try Yams.compose(yaml: file.text))
        let container = try #require(pod["spec"]?["containers"]?[0])
        let names = container["env"]?.sequence?.compactMap { $0["name"]?.string } ?? []
        #expect(names.contains(address) && names.contains(prefix))
        #expect(Set(names).isDisjoint(with: Set(["vip_address", "address"]).subtracting([address])))
        #expect(Set(names).isDisjoint(with: Set(["vip_cidr", "vip_subnet"]).subtracting([prefix])))
        #expect(container["image"]?.string == "ghcr.io/kube-vip/kube-vip:\(tag)")
        #expect(Set(names).count == names.count)
    }

    @Test func `BGP names every router, and no lease`() throws {
        let peers = ["10.0.0.254=64513", "10.0.0.253=64514"].compactMap { Announcement.BGP.Peer($0) }
        let announcement = Announcement.bgp(.init(autonomousSystem: 64512, peers: peers))
        let endpoint = Endpoint(strategy: .kubeVIP(Self.floating, announcement))
        let file = try #require(files(try Planner(input(endpoint)).initialisation()).first)
        #expect(file.text.contains("value: \"10.0.0.254:64513::false,10.0.0.253:64514::false\""))
        #expect(!file.text.contains("vip_arp") && !file.text.contains("vip_leasename"))
    }

    @Test(arguments: endpoints.prefix(3))
    func `a bundle without the strategy's image is refused before anything is touched`(_ endpoint: Endpoint) throws {
        let input = try input(endpoint, images: ["registry.k8s.io/pause:3.10"])
        let findings = Preflight(spec: input.spec, facts: input.facts, bundle: input.bundle).findings
        let words = findings.filter { $0.severity == .bundle }.map(\.problem.message)
        for image in endpoint.kind.images {
            #expect(
                words.contains(
                    "it has no image \(image.lastPart) for amd64, which the endpoint strategy \(endpoint.kind.rawValue) runs on masters"
                ))
        }
        let good = try self.input(endpoint)
        let calm = Preflight(spec: good.spec, facts: good.facts, bundle: good.bundle).findings
        #expect(!calm.contains { $0.problem.message.contains("endpoint strategy") })
    }

    private func messages(_ endpoint: Endpoint, _ change: (inout [HostID: Facts]) -> Void) throws -> [String] {
        let input = try input(endpoint)
        var facts = input.facts
        change(&facts)
        return Preflight(spec: input.spec, facts: facts, bundle: nil).findings.map(\.problem.description)
    }

    @Test func `an address of another network is refused, since nobody there would hear of it`() throws {
        let far = Endpoint(strategy: .keepalived(FloatingAddress(address: IPAddress(family: .v4, value: 0x0a00_0164))))
        #expect(
            try messages(far) { _ in }.contains(
                "10.0.0.1: the VIP 10.0.1.100 is not of the network 10.0.0.0/24, in which it would be announced; "
                    + "choose a free address of that network with --vip"))
        #expect(try messages(Self.endpoints[0]) { _ in }.isEmpty)
    }

    @Test func `an interface that a master has not is named`() throws {
        let endpoint = Endpoint(strategy: .keepalived(FloatingAddress(address: Self.vip, interface: "bond0")))
        #expect(
            try messages(endpoint) { _ in }.first
                == "10.0.0.1: it has no interface bond0 with an address, for the VIP 10.0.0.100; "
                + "leave endpoint.interface out to take the one that has 10.0.0.1")
    }

    @Test func `an address that answers is refused, unless a master of the cluster has it by right`() throws {
        let words =
            "10.0.0.1: something answers at the VIP 10.0.0.100 already; "
            + "find out what it is, or choose a free address with --vip"
        let one = HostID("10.0.0.1")
        #expect(try messages(Self.endpoints[0]) { $0[one]?.vipAnswers = true } == [words])
        let found = try messages(Self.endpoints[0]) {
            $0[one]?.vipAnswers = true
            $0[one]?.staticPods = ["keepalived", "kube-apiserver"]
            $0[one]?.hasKubeletConfig = true
            $0[one]?.serves = true
        }
        #expect(!found.contains(words))
    }

    @Test func `an external name that means masters by DNS is told to have no health check`() throws {
        let external = Endpoint(name: "api.example.com", strategy: .external)
        func resolving(_ texts: String...) throws -> [String] {
            try messages(external) { facts in
                for id in facts.keys { facts[id]?.endpointAddresses = texts.compactMap(IPAddress.init) }
            }
        }
        #expect(try resolving("10.9.9.9").isEmpty, "a balancer's own address is fine")
        #expect(
            try resolving("10.0.0.1", "10.0.0.2", "10.0.0.3").map { $0.prefix(90) } == [
                "10.0.0.1: api.example.com means the masters themselves by DNS, which goes on to name one that is down"
                    .prefix(90)
            ])
        #expect(
            try resolving("10.0.0.1", "10.0.0.2").contains {
                $0.contains("means 10.0.0.1, 10.0.0.2 and not the other masters")
            })
        #expect(
            try resolving("10.0.0.1", "10.0.0.77").first
                == "10.0.0.1: api.example.com means masters and also 10.0.0.77, which is none; "
                + "let it mean masters only, or a load balancer only")
        #expect(try resolving().count == 4, "every host that cannot resolve it says so")
    }

    @Test func `an external endpoint that is one master's address is told once, and a balancer's is not`() throws {
        func found(_ name: String) throws -> [String] {
            try messages(Endpoint(name: name, strategy: .external)) { _ in }
        }
        #expect(
            try found("10.0.0.2") == [
                "10.0.0.1: the endpoint 10.0.0.2 is the address of one of 3 masters, and ends with that host; name a load "
                    + "balancer in front of all of them, or choose another --strategy"
            ])
        #expect(try found("10.0.0.99").isEmpty)
        #expect(try found("10.0.0.4").isEmpty, "a worker may run a balancer")
    }

    @Test func `kubeadm init of an external endpoint ends with a sentence when nothing leads to it`() throws {
        let plan = try Planner(input(Self.endpoints[3])).initialisation()
        let steps = plan.phases.flatMap(\.lanes).flatMap(\.steps)
        guard case .job(let script)? = steps.first(where: { $0.id == "kubeadm-init" })?.action else {
            Issue.record("kubeadm init is no job")
            return
        }
        #expect(script.text.contains("and api.example.com:443 has not led to it for 60 s"))
    }

    @Test func `members learn of a new master, and of one that has left`() throws {
        let input = try input(Self.endpoints[2], masters: 5, standing: true)
        let grown = PlanInput(
            spec: input.spec, facts: input.facts, bundle: input.bundle, parallel: 4,
            newcomers: [HostID("10.0.0.5")])
        let plan = try Planner(grown).initialisation()
        for host in ["10.0.0.2", "10.0.0.4"] {
            let ids = ids(plan, "join", host)
            #expect(
                ids.contains("haproxy-config") && ids.contains("keepalived-config") && ids.contains("haproxy-reload"))
        }
        let removal = Removal(isWhole: false, leaving: [HostID("10.0.0.5")])
        let shrunk = try Planner(input).removal(removal)
        let text = try #require(
            RenderedFiles(shrunk).files.first { $0.host == HostID("10.0.0.2") && $0.path.hasSuffix("haproxy.cfg") }?
                .text)
        #expect(text.contains("10.0.0.4:6443") && !text.contains("10.0.0.5:6443"))
    }

    @Test func `a haproxy.cfg for a machine outside leads from the endpoint's port to the masters' own`() throws {
        let text = try HAProxyConfiguration(outside: input(Self.endpoints[3]).spec).text
        #expect(text.contains("bind *:443") && text.contains("server 10.0.0.1 10.0.0.1:6443"))
        try GoldenFolder("endpoint/external").expect(text, is: "haproxy.cfg")
    }
}
