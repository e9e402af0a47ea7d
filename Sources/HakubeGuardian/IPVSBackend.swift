// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc

/// The kernel's virtual server. Nothing passes through the guardian, and the rules go on without it.
final class IPVSBackend: Backend {
    let kind = BackendKind.ipvs
    let listener: Int32? = nil

    private let client: IPVSClient
    private let route: WantedRoute
    private let sockets: LocalSockets?
    private(set) var endedConnections = 0
    private var hasComplained = false

    init(client: IPVSClient, route: WantedRoute) {
        self.client = client
        self.route = route
        sockets = try? LocalSockets()
        applySettings()
    }

    func apply(_ rotation: Rotation) throws(NetlinkError) -> [String] {
        do {
            return try repair(rotation)
        } catch {
            // The module may have been unloaded and loaded again, with new settings and another number.
            guard error.number == ENOENT, try client.resolveAgain() else { throw error }
            applySettings()
            return try repair(rotation)
        }
    }

    func retire(then finished: @escaping () -> Void) { finished() }

    private func repair(_ rotation: Rotation) throws(NetlinkError) -> [String] {
        let observed = try client.table(of: route.virtual, routes: route.routes)
        let wanted = KernelTable(
            service: IPVSService(route.virtual), destinations: rotation.destinations,
            route: try route.current(for: rotation))
        var made: [String] = []
        for change in Reconciler.changes(from: observed, to: wanted) {
            try make(change)
            made.append(change.description)
        }
        return made
    }

    private func make(_ change: KernelChange) throws(NetlinkError) {
        switch change {
        case .addService(let service): try client.put(service, exists: false)
        case .updateService(let service): try client.put(service, exists: true)
        case .addDestination(let destination): try client.put(destination, exists: false, of: route.virtual)
        case .updateDestination(let destination): try client.put(destination, exists: true, of: route.virtual)
        case .removeDestination(let address): try remove(address)
        case .setRoute(let local): try route.routes.set(local)
        }
    }

    /// Takes a real server out and sends its local clients elsewhere. A rotation never lets all of them go, so whoever is
    /// ended here finds another server.
    private func remove(_ address: SocketAddress) throws(NetlinkError) {
        // Reading the connections may take a while on a busy node: new ones go elsewhere from now on.
        try? client.put(IPVSDestination(address, weight: 0), exists: true, of: route.virtual)
        let clients = IPVSConnection.clients(of: address, through: route.virtual)
        do { try client.removeDestination(address, of: route.virtual) } catch {
            // Another guardian or a person was faster.
            guard error.number == ENOENT else { throw error }
        }
        guard let sockets, !clients.isEmpty else { return }
        do {
            let ended = try sockets.destroy(clients, to: route.virtual)
            endedConnections += ended
            if ended > 0 { Log.line("ended \(ended) connections of this host to \(address)") }
        } catch {
            if !hasComplained { Log.line("\(error); clients of a dead server will find out by themselves") }
            hasComplained = true
        }
    }

    private func applySettings() {
        if !IPVSSetting.expireConnectionsWithoutDestination() {
            Log.line("cannot set net.ipv4.vs.expire_nodest_conn: connections to a dead server will linger")
        }
    }
}
