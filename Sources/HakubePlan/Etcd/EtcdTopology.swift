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
    package var wantedEndpoints: [EtcdEndpoint]? {
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
    /// API server's manifest they are whole, may have been used, and are kept until an init has ended well.
    var startingOver: String {
        guard !isStacked else { return "kubeadm reset -f >&2" }
        let (keys, client) = (HostPath.keptKeys, "\(HostPath.state)/etcd-client")
        return """
            :
                umask 077
                rm -rf \(keys).new \(keys).done \(client)
                if [ ! -d \(keys) ] && [ -e \(HostPath.apiServerManifest) ]; then
                    mkdir -p \(keys).new
                    cd \(HostPath.pki)
                    cp -p ca.crt ca.key front-proxy-ca.crt front-proxy-ca.key sa.pub sa.key \(keys).new/
                    sync
                    mv -T \(keys).new \(keys)
                    cd /
                fi
                # What is shown to etcd this run has just written.
                mkdir -p \(client)
                cp -p \(HostPath.etcdCA) \(HostPath.etcdClient) \(HostPath.etcdClientKey) \(client)/
                umask 022
                kubeadm reset -f >&2
                mkdir -p \(HostPath.etcdPKI)
                mv \(client)/ca.crt \(HostPath.etcdCA)
                mv \(client)/* \(HostPath.pki)/
                if [ -d \(keys) ]; then cp -p \(keys)/* \(HostPath.pki)/; fi
                sync
                rm -rf \(client)
            """
    }

    /// At the end of an init, while its marker still stands; as a line of its own or as nothing.
    var forgettingKeptKeys: String {
        guard !isStacked else { return "" }
        let keys = HostPath.keptKeys
        return "if [ -d \(keys) ]; then mv -T \(keys) \(keys).done && rm -rf \(keys).done; fi\n"
    }
}

extension ClusterSpec {
    package var etcdTopology: EtcdTopology { EtcdTopology(self) }
}
