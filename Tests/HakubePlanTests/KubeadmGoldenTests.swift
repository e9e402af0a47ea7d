// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan
import HakubeTestSupport
import Testing

/// The kubeadm files of every topology for each release at which kubeadm's rules change.
@Suite struct KubeadmGoldenTests {
    struct Topology: Sendable, CustomTestStringConvertible {
        let name: String
        var masters: [String] = ["10.0.0.1"]
        var nodes: [String] = []
        var port = 6443
        var vip = "10.103.97.2"
        var pods = ["10.244.0.0/16"]
        var services = ["10.96.0.0/12"]
        var proxyMode = ClusterSpec.ProxyMode.iptables
        var testDescription: String { name }

        static let three = (1...3).map { "10.0.0.\($0)" }
        static let all = [
            Topology(name: "1+0"),
            Topology(name: "1+2", nodes: ["10.0.0.4", "10.0.0.5"]),
            Topology(name: "3+0", masters: three),
            Topology(name: "3+2", masters: three, nodes: ["10.0.0.4", "10.0.0.5"], proxyMode: .ipvs),
            Topology(
                name: "ipv6", masters: (1...3).map { "fd00::\($0)" }, nodes: ["fd00::4"], vip: "fd00:10:103::97:2",
                pods: ["fd00:10:244::/56"], services: ["fd00:10:96::/112"], proxyMode: .ipvs),
            Topology(
                name: "dual-stack", masters: three, nodes: ["10.0.0.4"], pods: ["10.244.0.0/16", "fd00:10:244::/56"],
                services: ["10.96.0.0/12", "fd00:10:96::/112"]),
            Topology(name: "port-8443", masters: three, nodes: ["10.0.0.4"], port: 8443),
            Topology(name: "20-masters", masters: (1...20).map { "10.0.0.\($0)" }, nodes: ["10.0.0.44"]),
        ]
    }

    static let versions = ["v1.20.2", "v1.22.17", "v1.30.14", "v1.31.14", "v1.36.4", "v1.37.0"]

    @Test(arguments: Topology.all, versions)
    func `kubeadm files are what they were`(topology: Topology, version: String) throws {
        let spec = try SampleCluster.spec(
            masters: topology.masters, nodes: topology.nodes, kubernetes: version, port: topology.port,
            vip: topology.vip, pods: topology.pods, services: topology.services, proxyMode: topology.proxyMode)
        let plan = try Planner(.assumingFresh(spec, bundle: nil, parallel: 16)).initialisation()
        let files = RenderedFiles(plan).files
        let golden = GoldenFolder("kubeadm/\(topology.name)/\(version)")
        let shown = [spec.masters.first, spec.masters.dropFirst().first, spec.nodes.first].compactMap { $0 }
        for host in shown {
            let own = files.filter { $0.host == host.id && $0.path.contains("/kubeadm-") }
            #expect(!own.isEmpty && own.allSatisfy { $0.mode == 0o600 })
            for file in own {
                let name = file.path.split(separator: "/").last ?? ""
                try golden.expect(file.text, is: "\(host.name ?? "").\(name)")
            }
        }
    }
}
