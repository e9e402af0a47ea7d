// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CNetlink
import Glibc

/// The requests of rtnetlink that make an address local, and take it back.
package enum RouteMessage {
    /// Marks the route as hakube's, so that `--clean` removes no other. Not RTPROT_KERNEL: kube-proxy in ipvs mode takes
    /// local routes of that kind for node addresses.
    package static let routeProtocol: UInt8 = 104

    private static let tableLocal: UInt8 = 255
    private static let typeLocal: UInt8 = 2
    private static let scopeHost: UInt8 = 254
    private static let destination: UInt16 = 1
    private static let outputInterface: UInt16 = 4
    private static let preferredSource: UInt16 = 7

    /// `ip route replace local ADDRESS dev lo src SOURCE`.
    package static func set(_ route: LocalRoute, loopback: UInt32) -> NetlinkMessage {
        var writer = header(route.address, routeProtocol: routeProtocol, type: typeLocal)
        writer.attribute(destination, route.address.bytes)
        if let source = route.source { writer.attribute(preferredSource, source.bytes) }
        writer.attribute(outputInterface, loopback)
        return message(
            RTM_NEWROUTE, NetlinkMessage.acknowledge | NetlinkMessage.create | NetlinkMessage.replace, writer)
    }

    /// Deletes the local route that `set` made.
    package static func remove(_ address: IPAddress, loopback: UInt32) -> NetlinkMessage {
        var writer = header(address, routeProtocol: routeProtocol, type: typeLocal)
        writer.attribute(destination, address.bytes)
        writer.attribute(outputInterface, loopback)
        return message(RTM_DELROUTE, NetlinkMessage.acknowledge, writer)
    }

    /// `ip route get ADDRESS`.
    package static func lookUp(_ address: IPAddress) -> NetlinkMessage {
        var writer = NetlinkWriter()
        for byte in [UInt8(address.familyNumber), address.hostPrefixLength] { writer.append(byte) }
        writer.append(UInt16(0))
        for _ in 0..<2 { writer.append(UInt32(0)) }
        writer.attribute(destination, address.bytes)
        return message(RTM_GETROUTE, NetlinkMessage.acknowledge, writer)
    }

    /// The route of a `lookUp` answer, if it delivers here.
    package static func localRoute(in reply: NetlinkMessage, to address: IPAddress) -> LocalRoute? {
        guard reply.type == UInt16(RTM_NEWROUTE), reply.payload.count >= 12, reply.payload[7] == typeLocal else {
            return nil
        }
        return LocalRoute(address, source: preferredSource(in: reply))
    }

    /// The address this node would send from.
    package static func preferredSource(in reply: NetlinkMessage) -> IPAddress? {
        guard reply.type == UInt16(RTM_NEWROUTE) else { return nil }
        return NetlinkAttributes(reply.payload[...].dropFirst(12)).bytes(preferredSource).flatMap(
            IPAddress.init(bytes:))
    }

    /// rtmsg: family, both prefix lengths, TOS, table, protocol, scope, type, flags.
    private static func header(_ address: IPAddress, routeProtocol: UInt8, type: UInt8) -> NetlinkWriter {
        var writer = NetlinkWriter()
        // IPv6 knows no scopes.
        let scope = address.family == .v4 ? scopeHost : 0
        let prefix = address.hostPrefixLength
        for byte in [UInt8(address.familyNumber), prefix, 0, 0, tableLocal, routeProtocol, scope, type] {
            writer.append(byte)
        }
        writer.append(UInt32(0))
        return writer
    }

    private static func message(_ type: some BinaryInteger, _ flags: UInt16, _ writer: NetlinkWriter) -> NetlinkMessage
    {
        NetlinkMessage(type: UInt16(type), flags: NetlinkMessage.request | flags, payload: writer.bytes)
    }
}
