// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// One way of bringing traffic from the virtual address to the real servers.
protocol Backend: AnyObject {
    var kind: BackendKind { get }

    /// The socket on the virtual address, which a later guardian may go on with; nil when there is none.
    var listener: Int32? { get }

    /// Makes the kernel and the connections follow the rotation; called at every change and several times a second.
    /// Returns what had to be repaired.
    func apply(_ rotation: Rotation) throws(NetlinkError) -> [String]

    /// Connections that were cut because they led to a dead or unwanted server.
    var endedConnections: Int { get }

    /// Stops taking connections and calls back when the old ones have ended. What is in the kernel stays.
    func retire(then finished: @escaping () -> Void)
}

/// The route every backend needs.
struct WantedRoute {
    let virtual: SocketAddress
    let nodeAddress: IPAddress?
    let routes: RouteTable

    /// - Throws: when the kernel does not answer.
    func current(for rotation: Rotation) throws(NetlinkError) -> LocalRoute {
        var source = nodeAddress
        // Asked each time, because a node's address may change under it.
        for entry in rotation.entries where source == nil {
            source = try routes.source(towards: entry.address.address)
        }
        return LocalRoute(virtual.address, source: source)
    }
}
