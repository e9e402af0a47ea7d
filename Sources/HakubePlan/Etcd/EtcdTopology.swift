// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// What follows from where a cluster's etcd is. Phases and checks ask this value, and need not tell the forms apart.
package struct EtcdTopology: Sendable, Hashable {
    private let spec: ClusterSpec

    init(_ spec: ClusterSpec) { self.spec = spec }

    /// Hosts that carry a member each: the masters, or hosts of etcd's own; none where somebody else runs etcd.
    package var hosts: [Host] { isStacked ? spec.masters : spec.etcd.hosts }

    /// Each master's API server has a member beside it.
    package var isStacked: Bool { spec.etcd == .stacked }

    /// What the API servers are given; `nil`: each asks the member beside it.
    package var endpoints: [EtcdEndpoint]? {
        switch spec.etcd {
        case .stacked: nil
        case .hosts(let hosts): hosts.map { EtcdEndpoint(host: $0.address.description) }
        case .external(let etcd): etcd.endpoints
        }
    }

    /// The same, where it is for hakube to say: of somebody else's etcd the inventory knows, and a record only knew.
    var wantedEndpoints: [EtcdEndpoint]? {
        if case .external(let etcd) = spec.etcd, etcd.credentials == nil { return nil }
        return endpoints
    }

    /// The flag by which one of these hosts is named on the command line.
    var flag: String { isStacked ? "--masters" : "--etcd" }

    /// Static pods by which a master that is done is known.
    package var masterPods: Set<String> { isStacked ? ["etcd", "kube-apiserver"] : ["kube-apiserver"] }

    /// TCP ports that are etcd's on a host of a role.
    func ports(of role: Role) -> [Int] {
        let carries = isStacked ? role == .master : role == .etcd
        return carries ? [EtcdEndpoint.clientPort, EtcdEndpoint.peerPort] : []
    }

    /// Clears what a `kubeadm init` left that was cut off.
    ///
    /// An etcd elsewhere outlives it, and what is in there was signed with keys that lie on this host: as soon as there is an
    /// API server's manifest they are whole, may have been used, and are kept.
    var startingOver: String {
        guard !isStacked else { return "kubeadm reset -f >&2" }
        let keys = "\(HostPath.state)/keys"
        return """
            :
            if [ ! -d \(keys) ]; then
                umask 077
                rm -rf \(keys).new
                mkdir -p \(keys).new/etcd
                cd \(HostPath.pki)
                cp -p etcd/ca.crt \(keys).new/etcd/
                cp -p apiserver-etcd-client.crt apiserver-etcd-client.key \(keys).new/
                if [ -e \(HostPath.manifests)/kube-apiserver.yaml ]; then
                    cp -p ca.crt ca.key front-proxy-ca.crt front-proxy-ca.key sa.pub sa.key \(keys).new/
                fi
                sync
                mv -T \(keys).new \(keys)
                cd /
                umask 022
            fi
            kubeadm reset -f >&2
            mkdir -p \(HostPath.pki)
            cp -a \(keys)/. \(HostPath.pki)/
            sync
            rm -rf \(keys)
            """
    }
}

extension ClusterSpec {
    package var etcdTopology: EtcdTopology { EtcdTopology(self) }
}
