// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

extension ClusterSpecValidation {
    mutating func endpoint(network: ClusterNetwork?, hosts: [PlacedHost]) -> Endpoint? {
        guard let kind = strategyKind() else { return nil }
        checkKeys(of: kind)
        let name = endpointName(kind)
        let ports = ports(kind)
        let strategy = strategy(kind, network: network, hosts: hosts)
        guard let name, let ports, let strategy else { return nil }
        return Endpoint(name: name, port: ports.endpoint, serverPort: ports.server, strategy: strategy)
    }

    /// The default VIP lies in the default service subnet. That works as long as no Service gets the address:
    /// the first ones are taken at once, a small block fills up, and nftables mode rejects what has no Service.
    mutating func checkServiceAddress(
        of endpoint: Endpoint?, network: ClusterNetwork?, proxyMode: ClusterSpec.ProxyMode?
    ) {
        guard let endpoint, let vip = endpoint.vip else { return }
        for block in network?.services ?? [] where block.value.contains(vip) {
            let place = inventory.vip?.place ?? block.place
            let lies = "the VIP \(vip) lies in the service subnet \(block.title)"
            let remedy = "choose an address outside of it (--vip)"
            if endpoint.floating != nil {
                refuse(place, "\(lies), and it has to be one of the masters' own network", remedy)
            } else if vip.value - block.value.base.value <= 10 {
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

    private mutating func strategyKind() -> Endpoint.Strategy.Kind? {
        guard let written = inventory.strategy else { return .guardian }
        let kind = Endpoint.Strategy.Kind(rawValue: written.value)
        if kind == nil {
            let words = Endpoint.Strategy.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            refuse(written.place, "there is no endpoint strategy `\(written.value)`", "choose from \(words)")
        }
        return kind
    }

    /// A key that the strategy has no use for was written for another one.
    private mutating func checkKeys(of kind: Endpoint.Strategy.Kind) {
        typealias Kind = Endpoint.Strategy.Kind
        let keys: [(String, String?, Set<Kind>)] = [
            ("vip", inventory.vip?.place, [.guardian, .kubeVIP, .keepalived, .haproxyKeepalived]),
            ("guardian", inventory.guardian?.place, [.guardian]),
            ("interface", inventory.interface?.place, [.kubeVIP, .keepalived, .haproxyKeepalived]),
            ("virtualRouterID", inventory.virtualRouterID?.place, [.keepalived, .haproxyKeepalived]),
            ("serverPort", inventory.serverPort?.place, [.haproxyKeepalived, .external]),
            ("bgp", inventory.bgp?.place, [.kubeVIP]),
        ]
        for (key, place, users) in keys {
            guard let place, !users.contains(kind) else { continue }
            let words = Kind.allCases.filter(users.contains).map(\.rawValue).joined(separator: ", ")
            refuse(
                place, "the endpoint strategy \(kind.rawValue) has no `\(key)`",
                "leave it out, or choose a strategy that has it: \(words)")
        }
    }

    private mutating func strategy(
        _ kind: Endpoint.Strategy.Kind, network: ClusterNetwork?, hosts: [PlacedHost]
    ) -> Endpoint.Strategy? {
        switch kind {
        case .external: return .external
        case .guardian:
            let mode = guardianMode()
            let vip = vip(default: NetworkDefaults.vip(hosts.first?.host.address.family ?? .v4), network, hosts)
            guard let mode, let vip else { return nil }
            return .guardian(vip: vip, mode: mode)
        case .kubeVIP, .keepalived, .haproxyKeepalived:
            let (interface, router, announcement) = (interfaceName(), routerID(), announcement())
            guard inventory.vip != nil else {
                refuse(
                    inventory.strategy?.place ?? missing("--vip"),
                    "the endpoint strategy \(kind.rawValue) needs an address that moves between the masters",
                    "write a free address of the masters' own network (--vip, endpoint.vip)")
                return nil
            }
            guard let vip = vip(default: nil, network, hosts), let announcement else { return nil }
            let floating = FloatingAddress(address: vip, interface: interface, virtualRouterID: router)
            switch kind {
            case .kubeVIP: return .kubeVIP(floating, announcement)
            case .keepalived: return .keepalived(floating)
            default: return .haproxyKeepalived(floating)
            }
        }
    }

    private mutating func vip(
        default usual: IPAddress?, _ network: ClusterNetwork?, _ hosts: [PlacedHost]
    ) -> IPAddress? {
        var vip = usual
        if let written = inventory.vip { vip = address(written, of: "the VIP") }
        guard let vip else { return nil }
        let family = hosts.first?.host.address.family ?? .v4
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
        return vip
    }

    private mutating func guardianMode() -> Endpoint.GuardianMode? {
        guard let written = inventory.guardian else { return .pod }
        let mode = Endpoint.GuardianMode(rawValue: written.value)
        if mode == nil {
            refuse(written.place, "the guardian cannot run as `\(written.value)`", "choose from pod and systemd")
        }
        return mode
    }

    private mutating func interfaceName() -> String? {
        guard let written = inventory.interface else { return nil }
        guard Naming.isInterface(written.value) else {
            refuse(
                written.place, "`\(written.value)` cannot be the name of an interface",
                "write it as 'ip link' shows it, such as eth0")
            return nil
        }
        return written.value
    }

    private mutating func routerID() -> Int? {
        guard let written = inventory.virtualRouterID else { return nil }
        guard let number = Int(written.value), (1...255).contains(number) else {
            refuse(
                written.place, "the virtual router ID `\(written.value)` is not a number from 1 to 255",
                "choose one that nobody else on the masters' network uses")
            return nil
        }
        return number
    }

    private mutating func announcement() -> Announcement? {
        guard let written = inventory.bgp else { return .arp }
        let number = written.autonomousSystem.flatMap { UInt32($0.value) } ?? 0
        if number == 0 {
            refuse(
                written.autonomousSystem?.place ?? written.place, "`bgp` names no autonomous system of the masters",
                "write its number as `as: 64512`")
        }
        if written.peers.isEmpty {
            refuse(written.place, "`bgp` names no router", "write peers: [10.0.0.254=64513]")
        }
        let peers = written.peers.compactMap { text -> Announcement.BGP.Peer? in
            let peer = Announcement.BGP.Peer(text.value)
            if peer == nil {
                refuse(text.place, "`\(text.value)` is no BGP peer", "write its address and its AS: 10.0.0.254=64513")
            }
            return peer
        }
        guard number > 0, !peers.isEmpty, peers.count == written.peers.count else { return nil }
        return .bgp(Announcement.BGP(autonomousSystem: number, peers: peers))
    }
}
