// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CNetlink
import Glibc

/// A TCP proxy on the virtual address, for kernels without IPVS.
final class ProxyBackend: Backend {
    let kind = BackendKind.proxy
    var listener: Int32? { socket?.number }

    private let loop: EventLoop
    private let route: WantedRoute
    private let bypass: IPVSClient?
    private let suspect: (SocketAddress) -> Void
    private let pool = PipePool()
    private var socket: EventLoopDescriptor?
    private var rotation: Rotation
    private var connections: [ObjectIdentifier: ProxyConnection] = [:]
    private var turn = 0
    private var isRetired = false
    private(set) var endedConnections = 0
    private(set) var acceptedConnections = 0
    var openConnections: Int { connections.count }

    /// How long a connection has to be quiet to be ended without harm when the proxy retires, and how long the
    /// busy ones may go on, in milliseconds.
    private static let quietTime: Int64 = 1000
    private static let drainTime: Int64 = 5000

    /// Goes on with an `inherited` listener, or opens one at the first `apply`. In the table of `bypass` no service may stand
    /// for the virtual address: packets would go its way and never reach the listener. `suspect` hears of servers that took no
    /// connection.
    init(
        route: WantedRoute, bypass: IPVSClient?, rotation: Rotation, inherited: Int32?, loop: EventLoop,
        suspect: @escaping (SocketAddress) -> Void
    ) {
        self.loop = loop
        self.route = route
        self.bypass = bypass
        self.rotation = rotation
        self.suspect = suspect
        if let inherited { accept(on: inherited) }
    }

    func apply(_ rotation: Rotation) throws(NetlinkError) -> [String] {
        self.rotation = rotation
        // Whoever is connected to a dead server shall connect again, now, not after a time-out.
        for connection in connections.values {
            if let server = connection.server, !rotation.keepsConnections(to: server) {
                if connection.leaveServer() { endedConnections += 1 }
            }
        }
        guard !isRetired else { return [] }
        var made: [String] = []
        if let bypass, try bypass.removeService(route.virtual) {
            made.append("removed the IPVS service \(route.virtual), which nobody looked after")
        }
        if socket == nil {
            accept(on: try TCPSocket.listen(on: route.virtual).get())
            made.append("listening on \(route.virtual)")
        }
        let observed = KernelTable(
            service: nil, destinations: [], route: try route.routes.localRoute(to: route.virtual.address))
        let wanted = KernelTable(service: nil, destinations: [], route: try route.current(for: rotation))
        for case .setRoute(let local) in Reconciler.changes(from: observed, to: wanted) {
            try route.routes.set(local)
            made.append(KernelChange.setRoute(local).description)
        }
        return made
    }

    func retire(then finished: @escaping () -> Void) {
        guard !isRetired else { return }
        isRetired = true
        if let socket {
            // What the kernel has already accepted would be reset with the last copy of the listener.
            acceptAll(socket.number)
            socket.close()
        }
        socket = nil
        drain(until: loop.now.advanced(by: Self.drainTime), finished)
    }

    private func drain(until deadline: Instant, _ finished: @escaping () -> Void) {
        for connection in connections.values
        where loop.now >= deadline || loop.now.milliseconds(since: connection.lastActivity) >= Self.quietTime {
            connection.end(withReset: false)
        }
        guard !connections.isEmpty else { return finished() }
        loop.after(50) { [self] in drain(until: deadline, finished) }
    }

    private func accept(on descriptor: Int32) {
        let socket = EventLoopDescriptor(descriptor, loop: loop)
        self.socket = socket
        socket.watch(for: .read) { [self] _ in acceptAll(descriptor) }
    }

    private func acceptAll(_ descriptor: Int32) {
        for _ in 0..<256 {
            let client = hakube_accept(descriptor)
            guard client >= 0 else {
                let number = errno
                // A client that gave up in the queue is no reason to stop.
                if number == ECONNABORTED || number == EINTR { continue }
                if number == EMFILE { relieve() }
                if number != EAGAIN { socket?.pause(for: 100) }
                return
            }
            turn &+= 1
            acceptedConnections += 1
            let connection = ProxyConnection(
                client: client, candidates: rotation.candidates(turn: turn & 0xffff), loop: loop, pool: pool,
                delegate: .init(failed: suspect, ended: { [self] in connections[ObjectIdentifier($0)] = nil }))
            connections[ObjectIdentifier(connection)] = connection
            connection.start()
        }
    }

    /// Out of descriptors: gives up the connection that was quiet for longest, so that new ones get through.
    private func relieve() {
        connections.values.min { $0.lastActivity < $1.lastActivity }?.end(withReset: false)
    }
}
