// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

internal import Yams

extension Inventory {
    /// Reads an inventory file's text. What has the wrong form is in `problems`, with the line it stands on.
    ///
    /// - Parameter file: the name that places get: `cluster.yaml` gives `cluster.yaml:12`.
    package init(yaml: String, file: String) {
        self.init()
        self.file = file
        let source = InventorySource(yaml: yaml, file: file)
        problems = source.problems
        isUnreadable = source.root.map { $0.mapping == nil && !$0.isNull } ?? !source.problems.isEmpty
        var reader = InventoryReader(source)
        let top = reader.fields(source.root, .top)
        cluster = reader.text(top["cluster"], "cluster")
        kubernetes = reader.text(top["kubernetes"], "kubernetes")
        imageRepository = reader.text(top["imageRepository"], "imageRepository")
        certSANs = reader.texts(top["certSANs"], "certSANs") ?? []
        ssh = reader.access(reader.fields(top["ssh"], .ssh))
        masters = reader.group(top["masters"], "masters")
        nodes = reader.group(top["nodes"], "nodes")
        let endpoint = reader.fields(top["endpoint"], .endpoint)
        endpointName = reader.text(endpoint["name"], "name")
        endpointPort = reader.text(endpoint["port"], "port")
        vip = reader.text(endpoint["vip"], "vip")
        guardian = reader.text(endpoint["guardian"], "guardian")
        strategy = reader.text(endpoint["strategy"], "strategy")
        interface = reader.text(endpoint["interface"], "interface")
        serverPort = reader.text(endpoint["serverPort"], "serverPort")
        virtualRouterID = reader.text(endpoint["virtualRouterID"], "virtualRouterID")
        bgp = reader.routing(endpoint["bgp"])
        let network = reader.fields(top["network"], .network)
        podSubnets = reader.texts(network["podSubnet"], "podSubnet")
        serviceSubnets = reader.texts(network["serviceSubnet"], "serviceSubnet")
        dnsDomain = reader.text(network["dnsDomain"], "dnsDomain")
        proxyMode = reader.text(network["proxyMode"], "proxyMode")
        let dns = reader.fields(top["dns"], .dns)
        dnsReplicas = reader.text(dns["replicas"], "replicas")
        dnsPlace = reader.text(dns["on"], "on")
        servicePools = reader.servicePools(reader.fields(top["loadBalancer"], .loadBalancer)["pools"])
        kubeadm = reader.kubeadmDocuments(top["kubeadm"])
        registries = reader.registries(top["registries"])
        etcd = reader.etcd(top["etcd"])
        problems += reader.problems
    }
}

extension InventoryReader {
    fileprivate mutating func access(_ fields: [String: Node]) -> Inventory.Access {
        Inventory.Access(
            user: text(fields["user"], "user"), port: text(fields["port"], "port"), key: text(fields["key"], "key"),
            bastion: text(fields["bastion"], "bastion"))
    }

    fileprivate mutating func routing(_ node: Node?) -> Inventory.Routing? {
        guard let node, !node.isNull else { return nil }
        let fields = fields(node, .bgp)
        return Inventory.Routing(
            place: place(node), autonomousSystem: text(fields["as"], "as"), peers: texts(fields["peers"], "peers") ?? []
        )
    }

    fileprivate mutating func group(_ node: Node?, _ key: String) -> Inventory.Group? {
        guard let node else { return nil }
        var group = Inventory.Group(place: place(node), entries: [])
        if node.isNull { return group }
        let items: [Node]
        if let sequence = node.sequence {
            items = Array(sequence)
        } else if node.scalar != nil {
            items = [node]
        } else {
            refuse(place(node), "`\(key)` is a map here, not a list", "start each host with a dash: - 10.0.0.1")
            group.unreadable = 1
            return group
        }
        for item in items {
            if let entry = entry(item, key) { group.entries.append(entry) } else { group.unreadable += 1 }
        }
        return group
    }

    fileprivate mutating func etcd(_ node: Node?) -> Inventory.EtcdSection? {
        guard let node, !node.isNull else { return nil }
        let fields = fields(node, .etcd)
        var section = Inventory.EtcdSection(place: place(node))
        section.hosts = group(fields["hosts"], "hosts")
        section.endpoints = texts(fields["endpoints"], "endpoints")
        section.ca = text(fields["ca"], "ca")
        section.cert = text(fields["cert"], "cert")
        section.key = text(fields["key"], "key")
        return section
    }

    fileprivate mutating func registries(_ node: Node?) -> [Inventory.RegistryEntry] {
        guard let node, !node.isNull else { return [] }
        guard let items = node.sequence else {
            refuse(
                place(node), "`registries` is \(Self.form(node)) here, not a list",
                "start each with a dash: - host: docker.io")
            return []
        }
        return items.compactMap { item in
            let before = problems.count
            let fields = fields(item, .registry)
            guard let host = text(fields["host"], "host") else {
                if problems.count == before {
                    refuse(place(item), "a registry without `host`", "write host: docker.io among its keys")
                }
                return nil
            }
            var entry = Inventory.RegistryEntry(host: host)
            entry.endpoints = texts(fields["endpoints"], "endpoints") ?? []
            entry.ca = text(fields["ca"], "ca")
            entry.skipVerify = text(fields["skipVerify"], "skipVerify")
            entry.username = text(fields["username"], "username")
            entry.passwordFile = text(fields["passwordFile"], "passwordFile")
            return entry
        }
    }

    private mutating func entry(_ node: Node, _ group: String) -> Inventory.Entry? {
        if node.scalar != nil || node.sequence != nil {
            return text(node, group).map(Inventory.Entry.init(hosts:))
        }
        let before = problems.count
        let fields = fields(node, .host)
        guard let hosts = text(fields["address"], "address") else {
            if problems.count == before {
                refuse(place(node), "a host without `address`", "write address: 10.0.0.1 among its keys")
            }
            return nil
        }
        var entry = Inventory.Entry(hosts: hosts)
        entry.name = text(fields["name"], "name")
        entry.access = access(fields)
        entry.internalAddress = text(fields["internalAddress"], "internalAddress")
        entry.labels = labels(fields["labels"])
        if let taints = fields["taints"] { entry.taints = texts(taints, "taints") ?? [] }
        return entry
    }

    /// A value left empty is the empty string: `node-role.kubernetes.io/worker:`.
    private mutating func labels(_ node: Node?) -> [Inventory.Label] {
        guard let node, !node.isNull else { return [] }
        guard let mapping = node.mapping else {
            refuse(place(node), "`labels` is \(Self.form(node)) here, not a map", "write it as key: value lines")
            return []
        }
        return mapping.compactMap { keyNode, value in
            guard let key = key(keyNode, in: mapping) else { return nil }
            guard !value.isNull else { return Inventory.Label(key: Placed(key, place(keyNode)), value: "") }
            return text(value, key).map { Inventory.Label(key: Placed(key, place(keyNode)), value: $0.value) }
        }
    }
}
