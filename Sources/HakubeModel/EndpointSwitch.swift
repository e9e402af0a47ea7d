// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// A cluster that stands, and another way for its endpoint.
package struct EndpointSwitch: Sendable, Hashable {
    /// What the command line says of the new endpoint.
    package struct Wish: Sendable, Hashable {
        package var strategy: String
        package var vip: String?
        package var guardian: String?
        /// NAME or NAME:PORT.
        package var endpoint: String?
        package var interface: String?
        package var virtualRouterID: String?
        /// The masters' own, for routes in place of ARP.
        package var autonomousSystem: String?
        /// Each ADDRESS=AS.
        package var peers: [String] = []

        package init(strategy: String) { self.strategy = strategy }
    }

    /// The cluster as it shall be.
    package let spec: ClusterSpec

    /// The API servers stay where they listen; everything else about the endpoint comes from the wish and the strategy's defaults.
    ///
    /// - Throws: every problem there is.
    package init(of standing: ClusterSpec, to wish: Wish) throws(InventoryError) {
        var inventory = Inventory(standing: standing)
        let before = standing.endpoint
        let kind = Endpoint.Strategy.Kind(rawValue: wish.strategy)
        (inventory.vip, inventory.guardian, inventory.interface) = (nil, nil, nil)
        (inventory.virtualRouterID, inventory.bgp, inventory.endpointPort, inventory.serverPort) = (nil, nil, nil, nil)
        inventory.strategy = Placed(wish.strategy, "STRATEGY")
        inventory.interface = wish.interface.map { Placed($0, "--interface") }
        inventory.virtualRouterID = wish.virtualRouterID.map { Placed($0, "--virtual-router-id") }
        if wish.autonomousSystem != nil || !wish.peers.isEmpty {
            inventory.bgp = Inventory.Routing(
                place: "--bgp-as", autonomousSystem: wish.autonomousSystem.map { Placed($0, "--bgp-as") },
                peers: wish.peers.map { Placed($0, "--bgp-peer") })
        }
        let port = Placed(String(before.serverPort), "the cluster")
        switch kind {
        case .haproxyKeepalived, .external: inventory.serverPort = port
        default: inventory.endpointPort = port
        }
        if kind == .external || before.kind == .external { inventory.endpointName = nil }
        // Nothing about how an address moves changes unasked.
        if let old = before.floating, kind.map({ $0.mover == before.kind.mover }) == true {
            if wish.interface == nil { inventory.interface = old.interface.map { Placed($0, "the cluster") } }
            let isSame = wish.vip == nil || wish.vip.flatMap { IPAddress($0) } == old.address
            if before.kind != .kubeVIP, isSame, wish.virtualRouterID == nil {
                inventory.virtualRouterID = Placed(String(old.virtualRouterID), "the cluster")
            }
            if inventory.bgp == nil { inventory.bgp = Inventory(standing: standing).bgp }
        }
        if kind == before.kind {
            inventory.vip = before.vip.map { Placed($0.description, "the cluster") }
            inventory.endpointName = Placed(before.name, "the cluster")
            if before.port != before.serverPort { inventory.endpointPort = Placed(String(before.port), "the cluster") }
        }
        var flags = InventoryOverrides()
        flags.vip = wish.vip
        flags.guardian = wish.guardian
        flags.endpoint = wish.endpoint
        let made = try ClusterSpec.make(inventory: inventory, overrides: flags, allowsEvenMasters: true)
        let after = made.endpoint
        var problems: [Problem] = []
        if after.serverPort != before.serverPort {
            problems.append(
                Problem(
                    place: "--endpoint",
                    message: "the API servers listen on port \(before.serverPort), not on \(after.serverPort)",
                    remedy: "leave the port out; a switch does not move the API servers"))
        }
        // Two programs that do not know each other would both take it, on different masters.
        let (old, new) = (before.floating?.address, after.floating?.address)
        if let old, old == new, (before.kind == .kubeVIP) != (after.kind == .kubeVIP) {
            problems.append(
                Problem(
                    place: "--vip", message: "\(old) is the address that \(before.kind.rawValue) moves now",
                    remedy:
                        "choose another free address for \(after.kind.rawValue); the two would both take it for a while"
                ))
        }
        let differences = before.movingDifferences(to: after)
        if differences.contains(.address) || differences.contains(.routerID) {
            problems.append(
                Problem(
                    place: differences.contains(.address) ? "--vip" : "--virtual-router-id",
                    message:
                        "masters change one after another, and meanwhile two of them would have an address, or none the old one",
                    remedy: "go by way of 'hakube endpoint set guardian', and from there to the new address"))
        }
        if differences.contains(.announcement) {
            problems.append(
                Problem(
                    place: "--bgp-as",
                    message:
                        "masters change one after another, and meanwhile some of them would announce the address the old way",
                    remedy: "go by way of 'hakube endpoint set guardian', and from there to kube-vip with the routers"))
        }
        guard problems.isEmpty else { throw InventoryError(problems: problems) }
        spec = standing.with(endpoint: after)
    }
}

extension ClusterSpec {
    /// The same cluster with another endpoint.
    package func with(endpoint: Endpoint) -> ClusterSpec {
        with(masters: masters, nodes: nodes, endpoint: endpoint)
    }
}
