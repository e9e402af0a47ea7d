// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

extension ClusterSpecValidation {
    mutating func endpoint(network: ClusterNetwork?, hosts: [PlacedHost]) -> Endpoint? {
        let name = endpointName()
        let port = endpointPort()
        let guardian = guardianMode()
        let family = hosts.first?.host.address.family ?? .v4
        var vip: IPAddress? = NetworkDefaults.vip(family)
        if let written = inventory.vip { vip = address(written, of: "the VIP") }
        guard let vip else { return nil }
        let place = inventory.vip?.place ?? ""
        if vip.family != family, !hosts.isEmpty {
            refuse(
                place, "the VIP \(vip) is \(vip.family.rawValue), but the hosts are \(family.rawValue)",
                "choose an \(family.rawValue) address")
        }
        for placed in hosts where placed.host.address == vip || placed.host.sshAddress == vip.description {
            refuse(
                place.isEmpty ? placed.place : place, "the VIP \(vip) is the address of a host",
                "choose an address that no machine has (--vip)")
        }
        for block in network?.pods ?? [] where block.value.contains(vip) {
            refuse(
                place.isEmpty ? block.place : place, "the VIP \(vip) lies in the pod subnet \(block.title)",
                "choose an address outside of it (--vip)")
        }
        guard let name, let port, let guardian else { return nil }
        return Endpoint(name: name, port: port, vip: vip, guardian: guardian)
    }

    /// The default VIP lies in the default service subnet. That works as long as no Service gets the address:
    /// the first ones are taken at once, a small block fills up, and nftables mode rejects what has no Service.
    mutating func checkServiceAddress(
        of endpoint: Endpoint?, network: ClusterNetwork?, proxyMode: ClusterSpec.ProxyMode?
    ) {
        guard let vip = endpoint?.vip else { return }
        for block in network?.services ?? [] where block.value.contains(vip) {
            let place = inventory.vip?.place ?? block.place
            let lies = "the VIP \(vip) lies in the service subnet \(block.title)"
            let remedy = "choose an address outside of it (--vip)"
            if vip.value - block.value.base.value <= 10 {
                refuse(place, "\(lies), among the addresses of the cluster's own services", remedy)
            } else if block.value.base.family.bits - block.value.prefix < 16 {
                refuse(place, "\(lies), small enough that a Service may get it", remedy)
            } else if proxyMode == .nftables {
                refuse(
                    place.isEmpty ? inventory.proxyMode?.place ?? "" : place,
                    "\(lies), where kube-proxy in nftables mode rejects it", remedy)
            }
        }
    }

    private mutating func guardianMode() -> Endpoint.GuardianMode? {
        guard let written = inventory.guardian else { return .pod }
        let mode = Endpoint.GuardianMode(rawValue: written.value)
        if mode == nil {
            refuse(written.place, "the guardian cannot run as `\(written.value)`", "choose from pod and systemd")
        }
        return mode
    }

    private mutating func endpointName() -> String? {
        guard let written = inventory.endpointName else { return Endpoint.defaultName }
        let name = written.value
        let lower = name.lowercased()
        if IPAddress(name) != nil || IPAddress(name.filter { $0 != "[" && $0 != "]" }) != nil {
            refuse(
                written.place, "the name of the endpoint is the address \(name)",
                "write a name such as \(Endpoint.defaultName), and the address as the VIP if it is meant so")
        } else if name == "localhost" || !Naming.isDNSName(name) {
            refuse(
                written.place, "`\(name)` cannot be the name of the endpoint",
                Naming.isDNSName(lower) && lower != "localhost"
                    ? "write `\(lower)`" : "write a lower-case DNS name such as \(Endpoint.defaultName)")
        } else {
            return name
        }
        return nil
    }

    private mutating func endpointPort() -> Int? {
        guard let written = inventory.endpointPort else { return Endpoint.defaultPort }
        guard let port = Naming.port(written.value) else {
            refuse(
                written.place, "the endpoint's port `\(written.value)` is not a number from 1 to 65535",
                "write the API server's port, usually \(Endpoint.defaultPort)")
            return nil
        }
        if let owner = Self.takenPorts[port] {
            refuse(
                written.place, "the endpoint's port \(port) belongs to \(owner) on every master",
                "choose another, usually \(Endpoint.defaultPort)")
        }
        return port
    }

    /// The API server listens on the endpoint's port beside these on every master.
    private static let takenPorts = [
        2379: "etcd", 2380: "etcd", 2381: "etcd", 10248: "the kubelet", 10249: "kube-proxy", 10250: "the kubelet",
        10256: "kube-proxy", 10257: "kube-controller-manager", 10259: "kube-scheduler",
    ]
}
