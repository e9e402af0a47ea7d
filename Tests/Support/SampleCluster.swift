// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// Clusters to plan in tests.
package enum SampleCluster {
    package static func spec(
        masters: [String], nodes: [String] = [], kubernetes: String = "v1.34.2", port: Int = 6443,
        vip: String = "10.103.97.2", pods: [String] = ["10.244.0.0/16"], services: [String] = ["10.96.0.0/12"],
        proxyMode: ClusterSpec.ProxyMode = .iptables, documents: [String] = [], labels: [String: String] = [:],
        guardian: Endpoint.GuardianMode = .pod, endpoint: Endpoint? = nil, dns: ClusterDNS? = nil,
        servicePools: [String: [String]] = [:], etcd: Etcd = .stacked
    ) throws -> ClusterSpec {
        let version = try require(KubernetesVersion(kubernetes), kubernetes)
        let repository = version.isAtLeast(1, 25) ? "registry.k8s.io" : "k8s.gcr.io"
        return ClusterSpec(
            name: "sample", kubernetes: version,
            masters: try masters.enumerated().map { try host($1, .master, "master\($0 + 1)", [:]) },
            nodes: try nodes.enumerated().map { try host($1, .node, "worker\($0 + 1)", labels) },
            endpoint: try endpoint ?? Endpoint(port: port, vip: try require(IPAddress(vip), vip), guardian: guardian),
            podSubnets: try pods.map { try require(CIDR($0), $0) },
            serviceSubnets: try services.map { try require(CIDR($0), $0) },
            dnsDomain: "cluster.local", imageRepository: repository, extraCertSANs: ["api.example.com"],
            proxyMode: proxyMode, kubeadmDocuments: documents, dns: dns,
            servicePools: try servicePools.sorted { $0.key < $1.key }.map { namespace, ranges in
                ServicePool(namespace: namespace, ranges: try ranges.map { try require(AddressRange($0), $0) })
            }, etcd: etcd)
    }

    /// Hosts of etcd's own, named `etcd1` and so on.
    package static func etcd(hosts: [String]) throws -> Etcd {
        .hosts(try hosts.enumerated().map { try host($1, .etcd, "etcd\($0 + 1)", [:]) })
    }

    private static func host(_ text: String, _ role: Role, _ name: String, _ labels: [String: String]) throws -> Host {
        Host(
            id: HostID(text), role: role, sshAddress: text, address: try require(IPAddress(text), text), name: name,
            labels: labels)
    }

    private static func require<Value>(_ value: Value?, _ text: String) throws -> Value {
        guard let value else { throw Malformed(text: text) }
        return value
    }

    private struct Malformed: Error { let text: String }
}
