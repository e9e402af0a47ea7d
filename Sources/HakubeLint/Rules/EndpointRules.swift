// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// The address and port that all clients use, and the names that certificates are good for.
extension Examination {
    mutating func checkEndpoint() {
        checkEndpointThere()
        for endpoint in picture.endpoints {
            checkPort(endpoint)
            checkAddress(endpoint)
        }
        checkVirtualAddresses()
    }

    /// kubeadm lets no second master into a cluster whose first was made without an endpoint.
    private mutating func checkEndpointThere() {
        guard picture.endpoints.isEmpty, let last = picture.masters.dropFirst().first else { return }
        for document in material.kubeadm(.cluster) where !picture.isEtcdOnly(document) {
            // One of this file is the first.
            let second = picture.masters.first { $0.place.file != document.kind.place.file } ?? last
            report(
                .endpointMissing, at: document.kind.place,
                "there is no controlPlaneEndpoint, and \(second.address) is to be another master (\(second.place))",
                "set controlPlaneEndpoint to a name or address that outlives each master")
        }
    }

    private mutating func checkPort(_ endpoint: Found<HostPort>) {
        let port = endpoint.value.port ?? 6443
        let fronts = material.haproxy.flatMap { $0.toAPIServers(picture.apiPorts) }.flatMap(\.binds)
        let balancers = material.kubeVIPs.filter { $0.isOn("lb_enable") }.compactMap { $0.value("lb_port") }
        if !fronts.isEmpty {
            if fronts.contains(where: { $0.value.port == port }) { return }
            let ports = Set(fronts.compactMap(\.value.port)).sorted().map(String.init)
            report(
                .endpointPortUnserved, at: endpoint.place,
                "controlPlaneEndpoint has port \(port), and haproxy listens on \(ports.inWords)"
                    + " (\(fronts[0].place))",
                "write the same port in both")
        } else if picture.moving.contains(where: { $0.address == endpoint.value.address }), balancers.isEmpty {
            guard !picture.apiPorts.contains(port) else { return }
            report(
                .endpointPortUnserved, at: endpoint.place,
                "controlPlaneEndpoint has port \(port), and behind the virtual address only API servers listen, on"
                    + " \(picture.apiPorts.sorted().map(String.init).inWords)",
                "write the API servers' port")
        }
    }

    private mutating func checkAddress(_ endpoint: Found<HostPort>) {
        guard let address = endpoint.value.address else { return }
        let moving = picture.moving
        if let held = moving.first, !moving.contains(where: { $0.address == address }) {
            report(
                .endpointNotVIP, at: endpoint.place,
                "the endpoint is \(address), and the address that \(held.holder.rawValue) moves is \(held.address)"
                    + " (\(held.place))",
                "write the same address in both")
        } else if picture.isMaster(address), picture.masters.count > 1 {
            report(
                .endpointIsOneMaster, at: endpoint.place,
                "the endpoint is the address of one of \(picture.masters.count) masters, and ends with that host",
                "use a name that each host resolves for itself, or a virtual address")
        }
    }

    /// An address that moves is nobody's own.
    private mutating func checkVirtualAddresses() {
        var owners: [IPAddress: Place] = [:]
        for document in material.kubeadm {
            if let own = document.kubeletArgument("node-ip"), let address = IPAddress(own.value) {
                owners[address] = owners[address] ?? own.place
            }
        }
        for node in material.rke.flatMap(\.nodes) {
            for address in [IPAddress(node.address.value), node.internalAddress].compactMap({ $0 }) {
                owners[address] = owners[address] ?? node.address.place
            }
        }
        for instance in material.keepalived.flatMap(\.instances) {
            for own in [instance.source].compactMap({ $0 }) + (instance.peers?.value ?? []) {
                owners[own.value] = owners[own.value] ?? own.place
            }
        }
        for server in material.haproxy.flatMap({ $0.toAPIServers(picture.apiPorts).flatMap(\.servers) })
        where server.address.address != nil {
            guard let address = server.address.address else { continue }
            owners[address] = owners[address] ?? server.place
        }
        for held in picture.moving {
            guard let owner = owners[held.address] else { continue }
            report(
                .vipIsHost, at: held.place,
                "the virtual address \(held.address) is a host's own address (\(owner))",
                "choose an address that no host has")
        }
    }

    /// kubeadm adds the endpoint, the node's name and its own address by itself; all else has to be in certSANs.
    mutating func checkNames() {
        for document in material.kubeadm(.cluster) where !picture.isEtcdOnly(document) {
            let list = document.names
            let place = document.tree.at("apiServer")?.entry("certSANs")?.place ?? document.kind.place
            let builtIn = Set(picture.endpoints.map(\.value.host))
            checkMasters(list)
            checkVIPs(list, builtIn: builtIn, at: place)
            checkJoins(list, builtIn: builtIn)
        }
        for cluster in material.rke {
            let place = cluster.tree.entry("authentication")?.place ?? cluster.nodes.first?.address.place
            if let place { checkVIPs(cluster.names, builtIn: [], at: place) }
        }
    }

    private mutating func checkMasters(_ list: [Found<String>]) {
        let addresses = list.compactMap { name in IPAddress(name.value).map { Found($0, name.place) } }
        let masters = picture.masters.map(\.address)
        guard !masters.isEmpty else { return }
        let known = Set(picture.hosts.map(\.address)).union(picture.virtual.map(\.address))
            .union(picture.endpoints.compactMap(\.value.address))
        let foreign = addresses.filter { $0.value.unusable == nil && !known.contains($0.value) }
        let missing = masters.filter { master in !addresses.contains { $0.value == master } }
        if let first = foreign.first, missing.count == masters.count {
            report(
                .sansNameNoMaster, at: first.place,
                "certSANs names \(foreign.map(\.value.description).inWords), which no host here has, and none of the masters"
                    + " \(masters.map(\.description).inWords)",
                "write the masters' addresses in their place")
        } else if missing.count < masters.count, let last = addresses.last, !missing.isEmpty {
            report(
                .sansLackMaster, at: last.place,
                "certSANs names some masters, and leaves out \(missing.map(\.description).inWords)",
                "add \(missing.count == 1 ? "it" : "them"), or no other master's certificate is good there")
        }
    }

    private mutating func checkVIPs(_ list: [Found<String>], builtIn: Set<String>, at place: Place) {
        var seen: Set<IPAddress> = []
        for held in picture.controlPlane where seen.insert(held.address).inserted {
            let text = held.address.description
            if builtIn.contains(text) || list.contains(where: { IPAddress($0.value) == held.address }) { continue }
            let user = picture.joinEndpoints.first { $0.value.address == held.address }
            report(
                .sansLackVIP, at: place,
                user.map {
                    "\($0.place) joins through the virtual address \(text), which is not among the certificate's names"
                }
                    ?? "the virtual address \(text) (\(held.place)) is not among the certificate's names",
                "add \(text)", as: user == nil ? .warning : .error)
        }
    }

    private mutating func checkJoins(_ list: [Found<String>], builtIn: Set<String>) {
        for endpoint in picture.joinEndpoints {
            let host = endpoint.value.host
            if builtIn.contains(host) || list.contains(where: { $0.value.lowercased() == host }) { continue }
            if let address = endpoint.value.address {
                let isNamed = list.contains { IPAddress($0.value) == address }
                if isNamed || picture.isMaster(address) || picture.isVirtual(address) { continue }
            } else if picture.names[host] != nil {
                continue
            }
            report(
                .sansLackEndpoint, at: endpoint.place,
                "hosts join through \(host), and the API server's certificate does not have that name",
                "add it to certSANs, or join through controlPlaneEndpoint")
        }
    }
}
