// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// An inventory in the making: what the source says, in the words of hakube.
struct InventoryDraft: Sendable {
    struct Login: Sendable, Hashable {
        var user: String?
        var port: String?
        var key: String?
        var bastion: String?
    }

    struct DraftHost: Sendable {
        var address: String
        var internalAddress: String?
        var name: String?
        var login = Login()
        var labels: [(key: String, value: String)] = []
        var taints: [String]?
    }

    /// An etcd that somebody else runs; the files are paths.
    struct DraftEtcd: Sendable {
        var endpoints: [String]
        var ca: String
        var cert: String
        var key: String
    }

    struct DraftRegistry: Sendable {
        var host: String
        var endpoints: [String] = []
        var skipVerify = false
        var username: String?
        var passwordFile: String?
    }

    var cluster: String?
    var kubernetes: KubernetesVersion?
    var ssh = Login()
    var masters: [DraftHost] = []
    var nodes: [DraftHost] = []
    var etcdHosts: [DraftHost] = []
    var externalEtcd: DraftEtcd?
    var endpointName: String?
    var endpointPort: String?
    var vip: String?
    var strategy: Endpoint.Strategy.Kind?
    var interface: String?
    var podSubnets: [String] = []
    var serviceSubnets: [String] = []
    var dnsDomain: String?
    var proxyMode: String?
    var imageRepository: String?
    var certSANs: [String] = []
    var registries: [DraftRegistry] = []
    var kubeadm = KubeadmDraft()

    mutating func add(certSAN name: String) { if !certSANs.contains(name) { certSANs.append(name) } }

    /// The registry of that name, made if there is none.
    mutating func change(registry host: String, _ change: (inout DraftRegistry) -> Void) {
        if !registries.contains(where: { $0.host == host }) { registries.append(DraftRegistry(host: host)) }
        guard let index = registries.firstIndex(where: { $0.host == host }) else { return }
        change(&registries[index])
    }

    func registry(_ host: String) -> DraftRegistry? { registries.first { $0.host == host } }

    /// The file with a registry's password, which the operator has yet to write, beside the inventory.
    static func passwordFile(of registry: String) -> String {
        "\(String(registry.map { $0.isLetter || $0.isNumber || $0 == "." || $0 == "-" ? $0 : "-" })).password"
    }

    /// The address of the cluster's DNS service, which kubeadm derives from the service subnet: its tenth.
    var dnsService: IPAddress? {
        guard let block = serviceSubnets.first.flatMap({ CIDR($0) }) else { return nil }
        return IPAddress(family: block.base.family, value: block.base.value + 10)
    }
}
