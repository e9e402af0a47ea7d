// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

extension ClusterDocument.EndpointEntry {
    init(_ endpoint: Endpoint) {
        let floating = endpoint.floating
        var routing: ClusterDocument.RoutingEntry?
        if case .kubeVIP(_, .bgp(let bgp)) = endpoint.strategy {
            routing = ClusterDocument.RoutingEntry(
                autonomousSystem: bgp.autonomousSystem, peers: bgp.peers.map(\.description))
        }
        self.init(
            name: endpoint.name, port: endpoint.port, vip: endpoint.vip?.description,
            guardian: endpoint.guardian?.rawValue, strategy: endpoint.kind == .guardian ? nil : endpoint.kind.rawValue,
            serverPort: endpoint.serverPort == endpoint.port ? nil : endpoint.serverPort,
            interface: floating?.interface, virtualRouterID: floating?.virtualRouterID, bgp: routing)
    }

    /// - Throws: `ClusterRecordError` when a value is none that hakube writes.
    func value() throws(ClusterRecordError) -> Endpoint {
        let kind = try ClusterDocument.value(
            "endpoint.strategy", strategy ?? Endpoint.Strategy.Kind.guardian.rawValue, Endpoint.Strategy.Kind.init)
        return Endpoint(name: name, port: port, serverPort: serverPort, strategy: try strategy(kind))
    }

    private func strategy(_ kind: Endpoint.Strategy.Kind) throws(ClusterRecordError) -> Endpoint.Strategy {
        switch kind {
        case .external: return .external
        case .guardian:
            let mode = try ClusterDocument.value(
                "endpoint.guardian", try written("endpoint.guardian", guardian), Endpoint.GuardianMode.init)
            return .guardian(vip: try address(), mode: mode)
        case .keepalived: return .keepalived(try floating())
        case .haproxyKeepalived: return .haproxyKeepalived(try floating())
        case .kubeVIP:
            guard let bgp else { return .kubeVIP(try floating(), .arp) }
            var peers: [Announcement.BGP.Peer] = []
            for text in bgp.peers {
                peers.append(try ClusterDocument.value("endpoint.bgp.peers", text, Announcement.BGP.Peer.init))
            }
            let routing = Announcement.BGP(autonomousSystem: bgp.autonomousSystem, peers: peers)
            return .kubeVIP(try floating(), .bgp(routing))
        }
    }

    private func floating() throws(ClusterRecordError) -> FloatingAddress {
        FloatingAddress(address: try address(), interface: interface, virtualRouterID: virtualRouterID)
    }

    private func address() throws(ClusterRecordError) -> IPAddress {
        try ClusterDocument.value("endpoint.vip", try written("endpoint.vip", vip), IPAddress.init)
    }

    private func written(_ key: String, _ text: String?) throws(ClusterRecordError) -> String {
        guard let text else { throw ClusterDocument.refused("`\(key)` is missing") }
        return text
    }
}
