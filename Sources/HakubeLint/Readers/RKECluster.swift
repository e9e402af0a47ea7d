// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// RKE's cluster.yml.
struct RKECluster: Sendable {
    struct Node: Sendable, Hashable {
        let address: Found<String>
        let internalAddress: IPAddress?
        let name: String?
        let roles: [String]

        /// What the cluster's own traffic goes to.
        var inner: IPAddress? { internalAddress ?? IPAddress(address.value) }
    }

    let tree: YAMLTree
    let nodes: [Node]

    /// `nil` if it is no such file: `nodes` with addresses and roles make one.
    init?(_ tree: YAMLTree) {
        let items = tree["nodes"]?.items ?? []
        guard tree["apiVersion"] == nil, items.contains(where: { $0["address"] != nil && $0["role"] != nil }) else {
            return nil
        }
        self.tree = tree
        nodes = items.compactMap { item in
            guard let address = item["address"]?.found else { return nil }
            return Node(
                address: address, internalAddress: item["internal_address"]?.text.flatMap { IPAddress($0) },
                name: item["hostname_override"]?.text, roles: item["role"]?.texts.map(\.value) ?? [])
        }
    }

    /// An extra argument of a service: `services.kubelet.extra_args.max-pods`.
    func argument(_ service: String, _ name: String) -> Found<String>? {
        tree["services"]?[service]?["extra_args"]?[name]?.found
    }

    func setting(_ service: String, _ name: String) -> Found<String>? { tree["services"]?[service]?[name]?.found }

    var names: [Found<String>] { tree.at("authentication.sans")?.texts ?? [] }
}
