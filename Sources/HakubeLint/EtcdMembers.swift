// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Which of kubeadm's documents make a member of etcd on a host of its own, and no master: kubeadm's guide for such hosts
/// gives each of them an InitConfiguration as well.
struct EtcdMembers: Sendable {
    /// What the API servers are told, and in which file.
    private var external: [IPAddress: Set<String>] = [:]
    /// What members are told of each other.
    private var initial: Set<IPAddress> = []
    /// Files whose ClusterConfiguration says nothing but what etcd is.
    private var onlyEtcd: Set<String> = []
    /// Files with a ClusterConfiguration of a control plane.
    private var controlPlanes: Set<String> = []

    init(_ material: Material) {
        for document in material.kubeadm(.cluster) {
            let file = document.kind.place.file
            for endpoint in document.tree.at("etcd.external.endpoints")?.texts ?? [] {
                if let address = HostPort(endpoint.value)?.address { external[address, default: []].insert(file) }
            }
            guard let members = document.etcdMembers else {
                controlPlanes.insert(file)
                continue
            }
            onlyEtcd.insert(file)
            initial.formUnion(members.compactMap(\.address))
        }
    }

    func holds(_ document: KubeadmText) -> Bool {
        if document.isKind(.cluster) { return document.etcdMembers != nil }
        let file = document.kind.place.file
        guard document.isKind(.initialise), !controlPlanes.contains(file) else { return false }
        if onlyEtcd.contains(file) { return true }
        guard let address = document.advertised?.value else { return false }
        return initial.contains(address) || external[address]?.contains { $0 != file } ?? false
    }
}

extension KubeadmText {
    /// The members that a ClusterConfiguration for etcd alone names; `nil` if it is one of a control plane, where kubeadm
    /// sets `initial-cluster` itself.
    fileprivate var etcdMembers: [HostPort]? {
        guard tree["controlPlaneEndpoint"] == nil, tree["apiServer"] == nil,
            let members = tree.at("etcd.local.extraArgs")?.argument("initial-cluster")?.value
        else { return nil }
        return members.split(separator: ",").compactMap { member in
            member.split(separator: "=", maxSplits: 1).last.flatMap { HostPort(String($0)) }
        }
    }
}
