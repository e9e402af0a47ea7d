// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import Testing

struct InventoryExampleTests {
    private static func example() throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "docs/cluster.yaml"), encoding: .utf8)
    }

    @Test func `the documented example gives the documented cluster`() throws {
        var inventory = Inventory(yaml: try Self.example(), file: "cluster.yaml")
        inventory.files = ["mirror-ca.crt": "-----BEGIN CERTIFICATE-----\n"]
        inventory.passwords = ["mirror.password": .password(Secret("word"))]
        let spec = try ClusterSpec.make(inventory: inventory)
        let way = [Bastion(user: "jump", address: "203.0.113.7", port: 2222)]
        let shared = SSHAccess(user: "ops", port: 22, keyPath: "~/.ssh/prod_ed25519", bastions: way)
        func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

        #expect(spec.name == "prod")
        #expect(spec.kubernetes.description == "v1.34.2")
        #expect(spec.masters.map(\.id.description) == ["10.0.0.1", "10.0.0.2", "10.0.0.3"])
        #expect(spec.masters.map(\.access) == [shared, shared, shared])
        #expect(spec.masters.map(\.name) == [nil, nil, "master-3"])
        #expect(spec.masters.map(\.taints) == [nil, nil, []])

        #expect(spec.nodes.count == 12)
        #expect(
            spec.nodes[0].access
                == SSHAccess(user: "root", port: 2222, keyPath: "~/.ssh/prod_ed25519", bastions: way))
        #expect(spec.nodes[1].id.description == "10.0.1.10")
        #expect(spec.nodes[10].id.description == "10.0.1.19")
        for node in spec.nodes[1...10] {
            #expect(node.labels == ["topology.kubernetes.io/zone": "a", "node-role.kubernetes.io/worker": ""])
        }
        let gpu = Host(
            id: HostID("gpu-1"), role: .node, sshAddress: "gpu-1",
            access: SSHAccess(user: "admin", port: 2200, keyPath: "~/.ssh/gpu_ed25519", bastions: []),
            address: try address("10.0.1.30"), name: "gpu-1", labels: ["accelerator": "h100"],
            taints: [Taint(key: "accelerator", value: "h100", effect: .noSchedule)])
        #expect(spec.nodes[11] == gpu)

        #expect(spec.endpoint == Endpoint(vip: try address("10.103.97.2")))
        #expect(spec.podSubnets.map(\.description) == ["10.244.0.0/16", "fd00:10:244::/56"])
        #expect(spec.serviceSubnets.map(\.description) == ["10.96.0.0/12", "fd00:10:96::/112"])
        #expect(spec.etcd.hosts.map(\.id.description) == ["10.0.0.21", "10.0.0.22", "10.0.0.23"])
        #expect(spec.dnsDomain == "cluster.local")
        #expect(spec.proxyMode == .iptables)
        #expect(spec.imageRepository == "registry.k8s.io")
        #expect(spec.dns == ClusterDNS(replicas: .masters, isOnMasters: true))
        #expect(spec.servicePools.isEmpty, "they stand beside another strategy, as a comment")
        let mirror = Registry(
            host: "docker.io", endpoints: ["https://mirror.example.com:5000", "http://10.0.0.50:5000"],
            ca: "-----BEGIN CERTIFICATE-----\n", skipVerify: false,
            login: RegistryLogin(username: "puller", password: Secret("word")))
        #expect(spec.registries == [mirror])
        #expect(spec.extraCertSANs == ["k8s.example.com", "203.0.113.10"])
        #expect(
            spec.kubeadmDocuments == [
                """
                apiVersion: kubeadm.k8s.io/v1beta4
                kind: ClusterConfiguration
                apiServer:
                  extraArgs:
                  - name: audit-log-path
                    value: /var/log/kubernetes/audit.log
                controllerManager:
                  extraArgs:
                  - name: node-cidr-mask-size-ipv6
                    value: "64"

                """,
                """
                apiVersion: kubelet.config.k8s.io/v1beta1
                kind: KubeletConfiguration
                maxPods: 200

                """,
            ])
    }

    @Test func `the example has every key there is`() throws {
        let text = try Self.example()
        // What cannot stand beside something else stands there as a comment.
        let lines = text.split(separator: "\n").map { $0.drop { " -#".contains($0) } }
        for key in Inventory.keys {
            #expect(lines.contains { $0.hasPrefix("\(key):") }, "\(key) is missing")
        }
    }
}
