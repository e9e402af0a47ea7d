// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The kernel's virtual server. Nothing passes through the guardian, and the rules go on without it.
final class IPVSBackend: Backend {
    let kind = BackendKind.ipvs
    let listener: Int32? = nil

    private let client: IPVSClient
    private let route: WantedRoute

    init(client: IPVSClient, route: WantedRoute) {
        self.client = client
        self.route = route
    }

    func apply(_ rotation: Rotation) throws(NetlinkError) -> [String] {
        let virtual = route.virtual
        let service = try client.service(virtual)
        let observed = KernelTable(
            service: service, destinations: service == nil ? [] : try client.destinations(of: virtual),
            route: try route.routes.localRoute(to: virtual.address))
        let wanted = KernelTable(
            service: IPVSService(virtual), destinations: rotation.destinations,
            route: try route.current(for: rotation))
        var made: [String] = []
        for change in Reconciler.changes(from: observed, to: wanted) {
            try make(change)
            made.append(change.description)
        }
        return made
    }

    func retire(then finished: @escaping () -> Void) { finished() }

    private func make(_ change: KernelChange) throws(NetlinkError) {
        switch change {
        case .addService(let service): try client.put(service, exists: false)
        case .updateService(let service): try client.put(service, exists: true)
        case .addDestination(let destination): try client.put(destination, exists: false, of: route.virtual)
        case .updateDestination(let destination): try client.put(destination, exists: true, of: route.virtual)
        case .removeDestination(let address): try client.removeDestination(address, of: route.virtual)
        case .setRoute(let local): try route.routes.set(local)
        }
    }
}
