// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

@testable import HakubeMigration

/// etcd apart from the masters, and what stands in front of the API servers.
@Suite struct EtcdAndBalancerTests {
    private func kubekey(_ spec: String, etcd: String = "[a]") throws -> MigrationFixture {
        try MigrationFixture(
            text: """
                apiVersion: kubekey.kubesphere.io/v1alpha2
                kind: Cluster
                spec:
                  hosts:
                  - {name: a, address: 10.0.0.1}
                  - {name: w, address: 10.0.0.11}
                  - {name: e, address: 10.0.0.21, labels: {disk: ssd}}
                  roleGroups: {control-plane: [a], worker: [w], etcd: \(etcd)}
                  kubernetes: {version: v1.28.1}

                """ + spec)
    }

    private func kubespray(_ groups: String, _ variables: String = "") throws -> MigrationFixture {
        try MigrationFixture(
            text: """
                [all]
                a ansible_host=10.0.0.1
                w ansible_host=10.0.0.11
                e ansible_host=10.0.0.21
                [kube_control_plane]
                a
                [kube_node]
                w
                [all:vars]
                kube_version=v1.30.1

                """ + variables + "\n" + groups)
    }

    @Test func `RKE: hosts for etcd alone become etcd.hosts, with their logins`() throws {
        let fixture = try MigrationFixture(
            text: """
                nodes:
                  - {address: 10.0.0.1, user: ops, role: [controlplane]}
                  - {address: 10.0.0.2, user: ops, role: [controlplane]}
                  - {address: 10.0.0.21, user: ops, role: [etcd], hostname_override: e1, labels: {a: b}, taints: [{key: a, effect: NoSchedule}]}
                  - {address: 10.0.0.11, user: ops, role: [worker]}
                kubernetes_version: v1.24.17-rancher1-1
                """)
        let spec = try fixture.spec()
        #expect(spec.masters.count == 2, "any number will do")
        #expect(spec.etcd.hosts.map(\.sshAddress) == ["10.0.0.21"])
        #expect(spec.etcd.hosts.map(\.name) == ["e1"])
        #expect(Set(spec.hosts.map(\.access.user)) == ["ops"])
        #expect(fixture.migration.inventory.ranges(of: "user: ops").count == 1, "once, in ssh")
        #expect(fixture.targets(of: "nodes[2].role[0]") == ["etcd.hosts"])
        #expect(fixture.report.left.map(\.path) == ["nodes[2].labels.a", "nodes[2].taints[0]"], "it is no node")
    }

    @Test func `KubeKey: a group of hosts that are nothing else`() throws {
        let fixture = try kubekey("", etcd: "[e]")
        #expect(try fixture.spec().etcd.hosts.map(\.sshAddress) == ["10.0.0.21"])
        #expect(fixture.targets(of: "spec.roleGroups.etcd[0]") == ["etcd.hosts"])
        #expect(fixture.isLeft("spec.hosts[2].labels.disk"))
    }

    @Test(arguments: [("[a, e]", ""), ("[w]", ""), ("[e]", "  etcd: {type: kubeadm}")])
    func `KubeKey: etcd elsewhere too, on workers, or by its type not in the group`(etcd: String, type: String) throws {
        let fixture = try kubekey(type, etcd: etcd)
        #expect(try fixture.spec().etcd == .stacked)
        #expect(fixture.isLeft("spec.roleGroups.etcd[0]"))
        #expect(fixture.isLeft("spec.hosts[2]"))
    }

    @Test func `kubespray: a group of hosts that are nothing else, and one that is mixed`() throws {
        let apart = try kubespray("[etcd]\ne\n[etcd:vars]\nansible_user=store\nnode_labels={\"a\": \"b\"}\n")
        #expect(try apart.spec().etcd.hosts.map(\.sshAddress) == ["10.0.0.21"])
        #expect(try apart.spec().etcd.hosts.map(\.access.user) == ["store"])
        #expect(try apart.spec().masters.map(\.access.user) == [nil], "that is etcd's")
        #expect(apart.isLeft("etcd.vars.node_labels.a"))
        let mixed = try kubespray("[etcd]\na\ne\n")
        #expect(try mixed.spec().etcd == .stacked)
        #expect(mixed.report.left.map(\.path).sorted() == ["e.ansible_host", "etcd"])
        #expect(mixed.report.left.allSatisfy { $0.remedy.contains("etcd: {hosts: [ADDRESS, …]}") })
    }

    private static let external = "endpoints: [https://10.0.0.31:2379], caFile: ca.crt, certFile: c.crt, keyFile: c.key"

    @Test func `an etcd outside is taken over with its three files, or told`() throws {
        let fixture = try kubekey("  etcd: {type: external, external: {\(Self.external)}}", etcd: "[]")
        #expect(
            fixture.migration.inventory.contains(
                "etcd:\n  endpoints:\n  - https://10.0.0.31:2379\n  ca: ca.crt\n  cert: c.crt\n  key: c.key\n"))
        #expect(fixture.report.problems.isEmpty, "the files are looked at by who needs them")
        let plain = try kubekey(
            "  etcd: {type: external, external: {endpoints: ['http://10.0.0.31:2379']}}", etcd: "[]")
        #expect(!plain.migration.inventory.contains("etcd:"))
        #expect(plain.report.left.map(\.path) == ["spec.hosts[2]", "spec.etcd.external", "spec.etcd.type"])
        let other = try kubekey("  etcd: {type: kubekey, external: {\(Self.external)}}")
        #expect(!other.migration.inventory.contains("etcd:"))
        #expect(other.isLeft("spec.etcd.external"))
    }

    @Test func `kubeadm's paths are those of masters, which is said`() throws {
        let fixture = try MigrationFixture(
            text: """
                apiVersion: apps.sealos.io/v1beta1
                kind: Cluster
                spec:
                  hosts: [{ips: [10.0.0.1], roles: [master]}]
                  image: ["labring/kubernetes:v1.25.0"]
                ---
                apiVersion: kubeadm.k8s.io/v1beta3
                kind: ClusterConfiguration
                etcd: {external: {\(Self.external)}}
                """)
        #expect(fixture.migration.inventory.contains("  key: c.key\n"))
        #expect(fixture.report.left.isEmpty)
        #expect(
            fixture.report.problems.map(\.message) == [
                "ca.crt, c.crt, c.key are paths of the source's masters, and hakube reads them here"
            ])
    }

    @Test func `RKE's etcd outside, whose certificates stand in the file, is told without its key`() throws {
        let fixture = try MigrationFixture(
            text: """
                nodes: [{address: 10.0.0.1, role: [controlplane, worker]}]
                kubernetes_version: v1.24.17-rancher1-1
                services:
                  etcd: {path: /x, external_urls: ['https://10.0.0.31:2379'], ca_cert: PEM, cert: PEM, key: hunter2}
                """)
        for key in ["path", "external_urls", "ca_cert", "cert", "key"] {
            #expect(fixture.isLeft("services.etcd.\(key)"))
        }
        #expect(!fixture.report.text.contains("hunter2") && !fixture.migration.inventory.contains("hunter2"))
    }

    @Test(arguments: ["", ", kubevip: {mode: ARP}"])
    func `KubeKey's kube-vip by ARP is the strategy`(mode: String) throws {
        let fixture = try kubekey(
            "  controlPlaneEndpoint: {internalLoadbalancer: kube-vip, address: 10.0.0.100\(mode)}")
        let endpoint = try fixture.spec().endpoint
        #expect(endpoint.floating?.address.description == "10.0.0.100")
        #expect(fixture.migration.inventory.contains("endpoint:\n  strategy: kube-vip\n  vip: 10.0.0.100\n"))
        #expect(fixture.report.left.map(\.path) == ["spec.hosts[2]"])
    }

    @Test(arguments: [
        (
            "{internalLoadbalancer: kube-vip, address: 10.0.0.100, kubevip: {mode: BGP}}",
            "strategy: kube-vip, vip: ADDRESS"
        ),
        ("{internalLoadbalancer: kube-vip}", "strategy: kube-vip, vip: ADDRESS"),
        ("{address: 10.0.0.100}", "strategy: external, name: NAME"),
        ("{externalDNS: true}", "strategy: external, name: NAME"),
        ("{internalLoadbalancer: haproxy}", "another `endpoint.strategy`"),
    ])
    func `KubeKey's other balancers are told with the keys to write`(setting: String, remedy: String) throws {
        let fixture = try kubekey("  controlPlaneEndpoint: \(setting)")
        #expect(!fixture.migration.inventory.contains("strategy:"))
        let told = fixture.report.left.filter { $0.path.contains("controlPlaneEndpoint") }
        #expect(!told.isEmpty && told.allSatisfy { $0.remedy.contains(remedy) })
    }

    @Test func `kubespray's kube-vip by ARP is the strategy, and its balancer says the same once more`() throws {
        let fixture = try kubespray(
            "",
            """
            kube_vip_enabled=true
            kube_vip_controlplane_enabled=true
            kube_vip_arp_enabled=true
            kube_vip_address=10.0.0.100
            kube_vip_interface=ens160
            kube_vip_services_enabled=false
            loadbalancer_apiserver={"address": "10.0.0.100", "port": 6443}
            """)
        let endpoint = try fixture.spec().endpoint
        #expect(endpoint.floating?.address.description == "10.0.0.100")
        #expect(endpoint.floating?.interface == "ens160")
        #expect(fixture.report.left.map(\.path) == ["e.ansible_host"])
    }

    @Test func `kubespray's kube-vip by BGP, without an address, or another balancer is told`() throws {
        for variables in [
            "kube_vip_enabled=true\nkube_vip_controlplane_enabled=true\nkube_vip_bgp_enabled=true\nkube_vip_address=10.0.0.100",
            "kube_vip_enabled=true\nkube_vip_controlplane_enabled=true\nkube_vip_arp_enabled=true",
            "kube_vip_address=10.0.0.100", "loadbalancer_apiserver={\"address\": \"10.0.0.100\", \"port\": 8383}",
        ] {
            let fixture = try kubespray("", variables)
            #expect(!fixture.migration.inventory.contains("strategy:"))
            for name in variables.split(separator: "\n").compactMap({ $0.split(separator: "=").first }) {
                #expect(fixture.isLeft("all.vars.\(name)"), "\(name)")
            }
        }
    }
}
