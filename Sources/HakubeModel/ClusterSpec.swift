// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The inventory validated and completed. A value of this type can be planned without further checks.
package struct ClusterSpec: Sendable, Hashable {
    package enum ProxyMode: String, Sendable, Hashable, CaseIterable {
        case iptables, ipvs, nftables
    }

    /// Names local state and the block in /etc/hosts; a DNS label.
    package let name: String
    package let kubernetes: KubernetesVersion
    /// At least one; in the order of the inventory.
    package let masters: [Host]
    package let nodes: [Host]
    package let endpoint: Endpoint
    /// One block, or one per family for dual stack; the first decides the cluster's primary family.
    package let podSubnets: [CIDR]
    package let serviceSubnets: [CIDR]
    package let dnsDomain: String
    package let imageRepository: String
    /// Names and addresses the user wants in the API server's certificate besides hakube's own.
    package let extraCertSANs: [String]
    package let proxyMode: ProxyMode
    /// Kubeadm, kubelet or kube-proxy documents of the user (YAML), merged over hakube's own by kind.
    package let kubeadmDocuments: [String]
    /// Where images come from that the bundle does not hold.
    package let registries: [Registry]
    /// `nil`: kubeadm's DNS stays as kubeadm makes it.
    package let dns: ClusterDNS?
    /// Addresses for Services of type LoadBalancer, sorted by namespace.
    package let servicePools: [ServicePool]
    /// Hosts whose labels and taints were found on their nodes, not given to them by hakube.
    package let adopted: Set<HostID>
    package let etcd: Etcd

    /// All hosts: masters, then workers, then those of etcd.
    package var hosts: [Host] { kubernetesHosts + etcd.hosts }
    /// Hosts with a kubelet that is a node of the cluster, masters first.
    package var kubernetesHosts: [Host] { masters + nodes }

    /// Names and addresses that every API server's certificate has to have: hakube's own, every master, the VIP, the user's; no
    /// doubles.
    package var apiServerNames: [String] {
        let own = ["127.0.0.1", "localhost", endpoint.name]
        let vip = endpoint.vip.map { [$0.description] } ?? []
        let all = own + masters.map(\.address.description) + vip + extraCertSANs
        var seen: Set<String> = []
        return all.filter { seen.insert($0).inserted }
    }

    package func host(_ id: HostID) -> Host? { hosts.first { $0.id == id } }

    package init(
        name: String, kubernetes: KubernetesVersion, masters: [Host], nodes: [Host], endpoint: Endpoint,
        podSubnets: [CIDR], serviceSubnets: [CIDR], dnsDomain: String, imageRepository: String,
        extraCertSANs: [String] = [], proxyMode: ProxyMode, kubeadmDocuments: [String] = [],
        registries: [Registry] = [], dns: ClusterDNS? = nil, servicePools: [ServicePool] = [],
        adopted: Set<HostID> = [], etcd: Etcd = .stacked
    ) {
        self.name = name
        self.kubernetes = kubernetes
        self.masters = masters
        self.nodes = nodes
        self.endpoint = endpoint
        self.podSubnets = podSubnets
        self.serviceSubnets = serviceSubnets
        self.dnsDomain = dnsDomain
        self.imageRepository = imageRepository
        self.extraCertSANs = extraCertSANs
        self.proxyMode = proxyMode
        self.kubeadmDocuments = kubeadmDocuments
        self.registries = registries
        self.etcd = etcd
        self.dns = dns
        self.servicePools = servicePools
        self.adopted = adopted
    }
}
