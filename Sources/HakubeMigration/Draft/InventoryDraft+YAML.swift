// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension InventoryDraft {
    /// The inventory as a file: a comment, then the keys in the order of docs/cluster.yaml.
    ///
    /// - Throws: Yams' error for a text that no YAML can hold.
    func yaml(comment: String) throws -> String {
        let sections = sections.map { YAMLValue.map($0) }
        return try ([comment] + sections.map { try $0.yaml() }).joined(separator: "\n")
    }

    private typealias Pairs = [(key: String, value: YAMLValue)]

    /// Keys that stand together, a blank line between such groups.
    private var sections: [[(key: String, value: YAMLValue)]] {
        var head: Pairs = []
        if let cluster { head.append(("cluster", .string(cluster))) }
        if let kubernetes { head.append(("kubernetes", .string(kubernetes.description))) }
        var sections = [head]
        let login = Self.pairs(ssh)
        if !login.isEmpty { sections.append([("ssh", .map(login))]) }
        for (key, hosts) in [("masters", masters), ("nodes", nodes)] where !hosts.isEmpty {
            sections.append([(key, .list(hosts.map(Self.value)))])
        }
        if !etcdHosts.isEmpty { sections.append([("etcd", .map([("hosts", .list(etcdHosts.map(Self.value)))]))]) }
        if let externalEtcd { sections.append([("etcd", Self.value(externalEtcd))]) }
        let endpoint: Pairs = [
            ("name", endpointName.map { .string($0) }), ("port", endpointPort.map { .plain($0) }),
            ("strategy", strategy.map { .string($0.rawValue) }), ("vip", vip.map { .string($0) }),
            ("interface", interface.map { .string($0) }),
        ].compactMap { key, value in value.map { (key, $0) } }
        if !endpoint.isEmpty { sections.append([("endpoint", .map(endpoint))]) }
        if !network.isEmpty { sections.append([("network", .map(network))]) }
        if let imageRepository { sections.append([("imageRepository", .string(imageRepository))]) }
        if !registries.isEmpty { sections.append([("registries", .list(registries.map(Self.value)))]) }
        if !certSANs.isEmpty { sections.append([("certSANs", .list(certSANs.map { .string($0) }))]) }
        let documents = kubernetes.map { kubeadm.documents(for: $0) } ?? []
        if !documents.isEmpty { sections.append([("kubeadm", .list(documents))]) }
        return sections.filter { !$0.isEmpty }
    }

    private var network: [(key: String, value: YAMLValue)] {
        func blocks(_ blocks: [String]) -> YAMLValue? {
            if blocks.count > 1 { return .list(blocks.map { .string($0) }) }
            return blocks.first.map { .string($0) }
        }
        return [
            ("podSubnet", blocks(podSubnets)), ("serviceSubnet", blocks(serviceSubnets)),
            ("dnsDomain", dnsDomain.map { .string($0) }), ("proxyMode", proxyMode.map { .string($0) }),
        ].compactMap { key, value in value.map { (key, $0) } }
    }

    private static func pairs(_ login: Login) -> [(key: String, value: YAMLValue)] {
        [
            ("user", login.user.map { .string($0) }), ("port", login.port.map { .plain($0) }),
            ("key", login.key.map { .string($0) }), ("bastion", login.bastion.map { .string($0) }),
        ].compactMap { key, value in value.map { (key, $0) } }
    }

    private static func value(_ host: DraftHost) -> YAMLValue {
        var pairs: Pairs = [("address", .string(host.address))]
        if let address = host.internalAddress { pairs.append(("internalAddress", .string(address))) }
        if let name = host.name { pairs.append(("name", .string(name))) }
        pairs += Self.pairs(host.login)
        if !host.labels.isEmpty {
            pairs.append(("labels", .map(host.labels.map { ($0.key, .string($0.value)) })))
        }
        if let taints = host.taints { pairs.append(("taints", .list(taints.map { .string($0) }))) }
        return .map(pairs)
    }

    private static func value(_ etcd: DraftEtcd) -> YAMLValue {
        .map([
            ("endpoints", .list(etcd.endpoints.map { .string($0) })), ("ca", .string(etcd.ca)),
            ("cert", .string(etcd.cert)), ("key", .string(etcd.key)),
        ])
    }

    private static func value(_ registry: DraftRegistry) -> YAMLValue {
        var pairs: Pairs = [("host", .string(registry.host))]
        if !registry.endpoints.isEmpty {
            pairs.append(("endpoints", .list(registry.endpoints.map { .string($0) })))
        }
        if registry.skipVerify { pairs.append(("skipVerify", .plain("true"))) }
        if let username = registry.username { pairs.append(("username", .string(username))) }
        if let file = registry.passwordFile { pairs.append(("passwordFile", .string(file))) }
        return .map(pairs)
    }
}
