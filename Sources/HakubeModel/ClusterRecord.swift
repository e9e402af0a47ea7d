// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What a cluster is, as it is kept in the cluster itself, on its masters, and in the operator's cache: the specification with
/// every node's name. It holds no credentials, and nothing that lies on one operator's machine.
///
/// In the cluster it is the Secret `hakube-cluster` in `kube-system`, under the key `cluster.json`.
package struct ClusterRecord: Sendable, Hashable {
    /// The form that this hakube writes. It changes when an older hakube would read a record wrongly.
    ///
    /// 2 is a cluster with another endpoint strategy than guardians, or whose etcd is not on its masters: whoever takes it for one
    /// of format 1 would join hosts wrongly. Any other is written as before.
    package static let currentFormat = 2
    package static let secretName = "hakube-cluster"
    package static let secretNamespace = "kube-system"
    package static let fileName = "cluster.json"
    /// The copy on each master, mode 0600.
    package static let path = "/etc/hakube/cluster.json"

    /// The hakube that wrote the record.
    package let hakube: String
    private let kept: ClusterSpec

    /// - Parameters:
    ///   - nodeNames: the names that hosts have in the cluster; a host without one keeps the name of the specification.
    ///   - hakube: the version that writes.
    package init(spec: ClusterSpec, nodeNames: [HostID: String] = [:], hakube: String = HakubeVersion.current) {
        self.hakube = hakube
        let named = spec.mappingHosts { host in
            Host(
                id: host.id, role: host.role, sshAddress: host.sshAddress, access: host.access, address: host.address,
                name: nodeNames[host.id] ?? host.name, labels: host.labels, taints: host.taints)
        }
        kept = named.with(masters: named.masters, nodes: named.nodes, etcd: named.etcd.withoutCredentials)
    }

    package var cluster: String { kept.name }

    /// The cluster's specification; every host has its node's name.
    ///
    /// - Parameter login: what the operator says about logging in; it counts before what the record says.
    package func spec(login: SSHAccess = SSHAccess()) -> ClusterSpec {
        kept.mappingHosts { host in
            let access = SSHAccess(
                user: login.user ?? host.access.user, port: login.port ?? host.access.port,
                keyPath: login.keyPath ?? host.access.keyPath, bastions: login.bastions ?? host.access.bastions)
            return Host(
                id: host.id, role: host.role, sshAddress: host.sshAddress, access: access, address: host.address,
                name: host.name, labels: host.labels, taints: host.taints)
        }
    }

    /// The record as it goes to the cluster: sorted keys, a newline at the end.
    package func json() throws -> String { try ClusterDocument(kept, hakube: hakube, keepsKeys: false).json() }

    /// The record as it is cached on the operator's machine, where the paths of private keys mean something.
    package func localJSON() throws -> String { try ClusterDocument(kept, hakube: hakube, keepsKeys: true).json() }

    /// - Throws: `ClusterRecordError` for what is no record, or one of a format that this hakube does not know.
    package init(json: String) throws(ClusterRecordError) {
        let document = try ClusterDocument(json: json)
        hakube = document.hakube
        kept = try document.spec()
    }
}

extension ClusterRecord: Codable {
    package init(from decoder: any Decoder) throws {
        let document = try ClusterDocument(from: decoder)
        hakube = document.hakube
        kept = try document.spec()
    }

    package func encode(to encoder: any Encoder) throws {
        try ClusterDocument(kept, hakube: hakube, keepsKeys: false).encode(to: encoder)
    }
}

/// A text that is no record of a cluster, or none that this hakube can read.
package struct ClusterRecordError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One sentence: what is wrong with it.
    package let message: String
    /// What to do next.
    package let remedy: String

    package init(_ message: String, remedy: String) {
        self.message = message
        self.remedy = remedy
    }

    package var description: String { "\(message); \(remedy)" }
}

/// The release of hakube itself.
package enum HakubeVersion {
    package static let current = "0.1.0"
}

extension ClusterSpec {
    /// The same cluster with other hosts in place of each host.
    package func mappingHosts(_ change: (Host) -> Host) -> ClusterSpec {
        with(masters: masters.map(change), nodes: nodes.map(change), etcd: etcd.with(hosts: etcd.hosts.map(change)))
    }

    /// The same cluster with these hosts.
    ///
    /// - Parameters:
    ///   - etcd: `nil`: it stays where it is.
    ///   - adopted: those whose labels and taints hakube did not give; `nil`: as before.
    package func with(
        masters: [Host], nodes: [Host], etcd: Etcd? = nil, adopted: Set<HostID>? = nil, endpoint: Endpoint? = nil
    ) -> ClusterSpec {
        let names = Set((masters + nodes).map(\.id))
        return ClusterSpec(
            name: name, kubernetes: kubernetes, masters: masters, nodes: nodes, endpoint: endpoint ?? self.endpoint,
            podSubnets: podSubnets, serviceSubnets: serviceSubnets, dnsDomain: dnsDomain,
            imageRepository: imageRepository, extraCertSANs: extraCertSANs, proxyMode: proxyMode,
            kubeadmDocuments: kubeadmDocuments, registries: registries, dns: dns, servicePools: servicePools,
            adopted: (adopted ?? self.adopted).intersection(names), etcd: etcd ?? self.etcd)
    }
}
