// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CNetlink
import Glibc

/// The route of the virtual address in the kernel.
final class RouteTable {
    private let socket: NetlinkSocket
    private let loopback: UInt32
    private var lookUps: [IPAddress: PreparedRequest] = [:]

    init() throws(NetlinkError) {
        socket = try NetlinkSocket(protocolNumber: NETLINK_ROUTE)
        loopback = if_nametoindex("lo")
        guard loopback > 0 else { throw NetlinkError(number: errno, request: "finding the loopback interface") }
    }

    /// The local route to `address`, nil when packets to it would leave this node or find no way.
    func localRoute(to address: IPAddress) throws(NetlinkError) -> LocalRoute? {
        try lookUp(address).flatMap { RouteMessage.localRoute(in: $0, to: address) }
    }

    /// The address this node sends from to `destination`; nil without a route to it.
    func source(towards destination: IPAddress) throws(NetlinkError) -> IPAddress? {
        try lookUp(destination).flatMap(RouteMessage.preferredSource(in:))
    }

    func set(_ route: LocalRoute) throws(NetlinkError) {
        do {
            _ = try socket.request(RouteMessage.set(route, loopback: loopback), "making \(route.address) local")
        } catch {
            guard error.number == EINVAL, let source = route.source else { throw error }
            // What the kernel calls a source that no interface has.
            throw NetlinkError(
                number: EADDRNOTAVAIL,
                request: "making \(route.address) local with source \(source), this node's address")
        }
    }

    /// Returns whether there was a route of hakube's to remove.
    func remove(_ address: IPAddress) throws(NetlinkError) -> Bool {
        do {
            _ = try socket.request(RouteMessage.remove(address, loopback: loopback), "removing the route to \(address)")
            return true
        } catch  where error.number == ESRCH || error.number == ENOENT {
            return false
        }
    }

    private func lookUp(_ address: IPAddress) throws(NetlinkError) -> NetlinkMessage? {
        do {
            return try socket.request(
                &lookUps[address, default: PreparedRequest(RouteMessage.lookUp(address))],
                "looking up the route to \(address)"
            ).first
        } catch  where [ENETUNREACH, EHOSTUNREACH, ESRCH, EACCES, EINVAL].contains(error.number) {
            // Also what unreachable, blackhole and prohibit routes answer.
            return nil
        }
    }
}
