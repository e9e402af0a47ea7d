// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeMigration
import HakubeModel
import HakubeTestSupport
import Testing
import Yams

/// RKE's cluster.yml of a real cluster with three masters that work, too.
@Suite struct RKETests {
    private let fixture: MigrationFixture

    init() throws { fixture = try MigrationFixture("rke-cluster.yml") }

    /// Every `extra_args` of the file: the service, the flag, its value and its line.
    private func extraArguments(
        _ fixture: MigrationFixture
    ) throws -> [(service: String, flag: String, value: String, line: Int)] {
        let root = try #require(try Yams.compose(yaml: fixture.text))
        let services = try #require(root["services"]?.mapping)
        return services.flatMap { service, settings in
            (settings["extra_args"]?.mapping).map(Array.init)?.map { flag, value in
                (service.string ?? "", flag.string ?? "", value.scalar?.string ?? "", flag.mark?.line ?? 0)
            } ?? []
        }
    }

    /// What a flag's text says: `a<1,b<2` and `a=1,b=2` are pairs, `a,b` are items, all else is itself.
    private static func meaning(_ text: String) -> YAMLMeaning {
        let items = text.split(separator: ",").map { $0.split(maxSplits: 1, whereSeparator: { "<=".contains($0) }) }
        guard items.allSatisfy({ $0.count == 2 }) else {
            return items.count > 1 ? .items(text.split(separator: ",").map(String.init)) : .text(text)
        }
        return .pairs(Dictionary(uniqueKeysWithValues: items.map { (String($0[0]), String($0[1])) }))
    }

    @Test(arguments: [(nil, 47, 3), ("v1.36.4", 43, 7)])
    func `each extra argument is in the rendered configuration of kubeadm, or in the report with its line`(
        kubernetes: String?, expectedRendered: Int, expectedTold: Int
    ) throws {
        let fixture = try MigrationFixture("rke-cluster.yml", kubernetes: kubernetes)
        let documents = try fixture.kubeadm()
        let arguments = try extraArguments(fixture)
        #expect(arguments.count == 50, "the fixture has lost lines")
        var (rendered, told) = (0, 0)
        for argument in arguments {
            let path = "services.\(argument.service).extra_args.\(argument.flag)"
            if let left = fixture.report.left.first(where: { $0.path == path }) {
                #expect(left.line == argument.line && !left.reason.isEmpty && !left.remedy.isEmpty)
                told += 1
                continue
            }
            let targets = fixture.targets(of: path)
            #expect(!targets.isEmpty, "\(path) is nowhere")
            for target in targets {
                // `network.proxyMode` is a key of the inventory, which the planner renders as kube-proxy's mode.
                let place = target == "network.proxyMode" ? "KubeProxyConfiguration mode" : target
                let parts = place.split(separator: " ", maxSplits: 1).map(String.init)
                let value = try #require(documents[parts[0]]?.at(parts[1]), "\(path) is not at \(place)")
                #expect(value.meaning.isSame(as: Self.meaning(argument.value)), "\(path) is \(value.meaning)")
            }
            rendered += 1
        }
        #expect((rendered, told) == (expectedRendered, expectedTold))
    }

    @Test func `flags that kubeadm or hakube set, or that are docker's, are told and not passed on`() throws {
        let text = try fixture.kubeadm().values.map { try Yams.serialize(node: $0) }.joined()
        for flag in ["pod-manifest-path", "pod-infra-container-image", "network-plugin-mtu"] {
            #expect(fixture.isLeft("services.kubelet.extra_args.\(flag)"))
            #expect(!text.contains(flag))
        }
        #expect(text.contains("kubelet-timeout: \"5s\"") || text.contains("kubelet-timeout: 5s"), "v1.21 has this one")
    }

    @Test func `the inventory is the documented one, and complete`() throws {
        try GoldenFolder("rke").expect(fixture.migration.inventory, is: "inventory.yaml")
        try GoldenFolder("rke").expect(fixture.report.text + "\n", is: "report.txt")
        #expect(fixture.report.problems.isEmpty)
    }

    @Test func `hosts, names, network and certificates are those of the file`() throws {
        let spec = try fixture.spec()
        #expect(spec.kubernetes.description == "v1.21.5")
        #expect(spec.masters.map(\.name) == ["master01", "master02", "master03"])
        #expect(spec.masters.map(\.sshAddress) == ["192.168.66.90", "192.168.66.91", "192.168.66.92"])
        #expect(spec.masters.map(\.taints) == [[], [], []], "they are workers, too")
        #expect(spec.masters.map(\.access.port) == [22, 22, nil])
        #expect(spec.nodes.map(\.name) == ["node01"])
        #expect(spec.nodes.map(\.taints) == [nil])
        #expect(Set(spec.hosts.map(\.access.user)) == ["rke"])
        #expect(Set(spec.hosts.map(\.access.keyPath)) == ["~/.ssh/id_rsa"])
        #expect(spec.podSubnets.map(\.description) == ["10.42.0.0/16"])
        #expect(spec.serviceSubnets.map(\.description) == ["10.43.0.0/16"])
        #expect(spec.dnsDomain == "cluster.local")
        #expect(spec.proxyMode == .ipvs)
        #expect(spec.extraCertSANs == ["192.168.66.101", "kube-vip.treesir.pub"])
        #expect(spec.registries.map(\.host) == ["idocker.io"])
        #expect(spec.registries.map(\.login?.username) == ["admin"])
    }

    @Test func `for a later release, arguments are a list and what is gone by then is told`() throws {
        let later = try MigrationFixture("rke-cluster.yml", kubernetes: "v1.36.4")
        #expect(later.migration.inventory.contains("apiVersion: kubeadm.k8s.io/v1beta4"))
        let arguments = try #require(try later.kubeadm()["ClusterConfiguration"]?.at("apiServer.extraArgs")?.sequence)
        #expect(arguments.contains { $0["name"]?.string == "event-ttl" && $0["value"]?.string == "1h0m0s" })
        let path = "services.kube-controller.extra_args.pod-eviction-timeout"
        #expect(
            later.left.contains(
                "\(path): kube-controller-manager of v1.36.4 has no such flag any more, it went with v1.27; leave it out, "
                    + "or set it under `kubeadm` if you know that kube-controller-manager takes it"))
        #expect(!later.migration.inventory.contains("pod-eviction-timeout"))
        #expect(fixture.targets(of: path) == ["ClusterConfiguration controllerManager.extraArgs.pod-eviction-timeout"])
    }

    @Test func `etcd on a worker, and masters without etcd, are told`() throws {
        let fixture = try MigrationFixture(
            text: """
                nodes:
                  - {address: 10.0.0.1, role: [controlplane]}
                  - {address: 10.0.0.2, role: [etcd]}
                  - {address: 10.0.0.3, role: [worker, etcd]}
                  - {address: 10.0.0.4}
                kubernetes_version: v1.24.17-rancher1-1
                """)
        #expect(try fixture.spec().masters.map(\.sshAddress) == ["10.0.0.1"])
        #expect(try fixture.spec().nodes.map(\.sshAddress) == ["10.0.0.3"])
        #expect(fixture.report.left.map(\.path) == ["nodes[0].role[0]", "nodes[1]", "nodes[2].role[1]", "nodes[3]"])
        #expect(fixture.report.left.map(\.line) == [2, 3, 4, 5])
        #expect(!fixture.migration.inventory.contains("etcd:"), "a worker with etcd cannot be among etcd.hosts")
        #expect(fixture.report.left[1].remedy.contains("etcd: {hosts: [ADDRESS, …]}"))
    }

    @Test func `a bastion, labels, taints and an address of its own come along; keys in the file do not`() throws {
        let fixture = try MigrationFixture(
            text: """
                nodes:
                  - {address: 203.0.113.1, internal_address: 10.0.0.1, role: [controlplane, etcd], taints: [{key: a, effect: NoSchedule}]}
                  - address: 10.0.0.2
                    role: worker
                    labels: {disk: ssd, empty: ""}
                    taints: [{key: dedicated, value: db, effect: NoExecute}]
                    ssh_key: "-----BEGIN RSA PRIVATE KEY-----"
                bastion_host: {address: 203.0.113.9, user: hop, port: "2222"}
                cluster_name: Prod_1
                kubernetes_version: v1.24.17-rancher1-1
                authentication: {sans: []}
                """)
        let spec = try fixture.spec()
        #expect(spec.masters.map(\.address.description) == ["10.0.0.1"])
        #expect(spec.masters.map(\.taints) == [nil], "one of its own would take kubeadm's away")
        #expect(spec.nodes.map(\.labels) == [["disk": "ssd", "empty": ""]])
        #expect(spec.nodes.map(\.taints) == [[Taint(key: "dedicated", value: "db", effect: .noExecute)]])
        #expect(
            spec.hosts.allSatisfy { $0.access.bastions == [Bastion(user: "hop", address: "203.0.113.9", port: 2222)] })
        #expect(!fixture.migration.inventory.contains("PRIVATE KEY") && !fixture.report.text.contains("PRIVATE KEY"))
        #expect(fixture.report.left.map(\.path) == ["nodes[0].taints[0]", "nodes[1].ssh_key", "cluster_name"])
    }
}
