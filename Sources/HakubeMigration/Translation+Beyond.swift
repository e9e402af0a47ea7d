// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Load balancers in front of the API servers, and etcd that is not on the masters.
extension Translation {
    /// A load balancer on the hosts themselves, whose place the guardian takes.
    ///
    /// - Parameter settings: the values that say what it is and where.
    mutating func leave(innerBalancer settings: [SourceNode], of tool: String) {
        for setting in settings {
            ledger.leave(
                setting,
                "it is \(tool)'s load balancer, and with hakube the guardian on every worker balances over the masters",
                "leave it out, or choose another `endpoint.strategy` (docs/ha.md)")
        }
    }

    /// A load balancer or DNS server outside of the cluster.
    mutating func leave(outerBalancer settings: [SourceNode], _ what: String) {
        for setting in settings {
            ledger.leave(
                setting, "\(what), and with hakube the guardian on every worker balances over the masters",
                "leave it out, or write endpoint: {strategy: external, name: NAME, port: PORT} with what clients connect to"
            )
        }
    }

    /// kube-vip with more to it than an address on the masters.
    mutating func leave(kubeVIP settings: [SourceNode], _ reason: String) {
        for setting in settings {
            ledger.leave(
                setting, reason,
                "write endpoint: {strategy: kube-vip, vip: ADDRESS}, and `interface` or `bgp` (docs/ha.md)")
        }
    }

    /// Takes the address that kube-vip moves between the masters, by ARP.
    mutating func take(kubeVIP address: SourceNode, interface: SourceNode? = nil, from switches: [SourceNode]) {
        guard let word = address.word, IPAddress(word) != nil else {
            return leave(
                kubeVIP: [address, interface].compactMap { $0 } + switches,
                "kube-vip wants an address, and there is none")
        }
        draft.strategy = .kubeVIP
        for item in switches { ledger.take(item, as: "endpoint.strategy") }
        take(address, into: \.vip, as: "endpoint.vip")
        take(interface, into: \.interface, as: "endpoint.interface")
    }

    /// Takes an etcd that stands outside of the cluster already: kubeadm's words, which KubeKey has as well.
    ///
    /// - Parameter areElsewhere: the paths are those of the masters, not of the operator's machine.
    mutating func take(externalEtcd node: SourceNode?, areElsewhere: Bool) {
        guard let node, !node.isEmpty else { return }
        let endpoints = node.folded("endpoints")?.words.filter { !$0.isEmpty } ?? []
        let urls = endpoints.compactMap(\.word)
        guard !urls.isEmpty, urls.allSatisfy({ EtcdEndpoint($0) != nil }), let ca = node.folded("caFile"),
            let cert = node.folded("certFile"), let key = node.folded("keyFile"), let caPath = ca.word,
            let certPath = cert.word, let keyPath = key.word
        else { return leave(externalEtcd: [node]) }
        draft.externalEtcd = InventoryDraft.DraftEtcd(endpoints: urls, ca: caPath, cert: certPath, key: keyPath)
        for endpoint in endpoints { ledger.take(endpoint, as: "etcd.endpoints") }
        let files = [(ca, "etcd.ca"), (cert, "etcd.cert"), (key, "etcd.key")]
        for (file, target) in files { ledger.take(file, as: target) }
        if areElsewhere { filesToBring += files.compactMap(\.0.word) }
    }

    /// An etcd outside of which not everything is said that hakube has to know.
    mutating func leave(externalEtcd settings: [SourceNode]) {
        for setting in settings {
            ledger.leave(
                setting,
                "of an etcd outside of the cluster hakube wants to know https:// endpoints, CA, certificate and key",
                "write etcd: {endpoints: [https://ADDRESS:2379], ca: FILE, cert: FILE, key: FILE} (docs/etcd.md)")
        }
    }

    /// A host with a member of etcd, where these are partly on masters or workers and partly not.
    mutating func leave(etcdHost settings: [SourceNode]) {
        for setting in settings {
            ledger.leave(
                setting, "etcd is on masters or workers and on other hosts, and hakube has it on the masters or apart",
                "leave it to the masters, or write etcd: {hosts: [ADDRESS, …]} with hosts that are nothing else")
        }
    }
}

/// Where a source has the members of etcd.
enum EtcdPlace: Sendable, Hashable {
    /// On masters only, if perhaps not on all of them.
    case masters
    /// On hosts that are nothing else.
    case apart
    case mixed

    init(members: Set<String>, masters: Set<String>, workers: Set<String>) {
        if members.isSubset(of: masters) {
            self = .masters
        } else {
            self = members.isDisjoint(with: masters.union(workers)) ? .apart : .mixed
        }
    }
}
