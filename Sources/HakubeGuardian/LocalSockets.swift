// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CNetlink
import Glibc

/// Sockets of this host's programs, ended from outside (`ss -K`): sock_diag's SOCK_DESTROY, Linux 4.5 and later with
/// CONFIG_INET_DIAG_DESTROY. The program sees ECONNABORTED at once instead of waiting for a dead server.
package final class LocalSockets {
    private let socket: NetlinkSocket

    init() throws(NetlinkError) { socket = try NetlinkSocket(protocolNumber: NETLINK_SOCK_DIAG) }

    /// Ends the connections of the clients to `peer` that are sockets of this network namespace. Returns their number.
    /// - Throws: when the kernel can end none of those that it has.
    func destroy(_ clients: [SocketAddress], to peer: SocketAddress) throws(NetlinkError) -> Int {
        var count = 0
        var refusal: NetlinkError?
        for client in clients {
            do {
                let found = try socket.request(Self.lookUpRequest(client, to: peer), "looking up the socket \(client)")
                // A pod's, another host's, or ended by itself meanwhile.
                guard let cookie = found.first.flatMap({ Self.connectionCookie(in: $0, of: client, to: peer) }) else {
                    continue
                }
                _ = try socket.request(
                    Self.destroyRequest(client, to: peer, cookie: cookie), "ending the connection of \(client)")
                count += 1
            } catch {
                if error.number == EOPNOTSUPP { refusal = error }
            }
        }
        if count == 0, let refusal { throw refusal }
        return count
    }

    /// inet_diag_req_v2 of `linux/inet_diag.h` for one socket.
    package static func lookUpRequest(_ client: SocketAddress, to peer: SocketAddress) -> NetlinkMessage {
        // SOCK_DIAG_BY_FAMILY, INET_DIAG_NOCOOKIE.
        request(20, client, peer, cookie: .max)
    }

    /// For that very socket: without its cookie the kernel falls back on a listener of the same port.
    package static func destroyRequest(
        _ client: SocketAddress, to peer: SocketAddress, cookie: UInt64
    ) -> NetlinkMessage {
        request(21, client, peer, cookie: cookie)
    }

    /// The cookie of a look-up's answer (inet_diag_msg) if it is about an open connection between the two: not a listener,
    /// and not one in TIME_WAIT, which kernels before 6.0 refuse to end.
    package static func connectionCookie(
        in answer: NetlinkMessage, of client: SocketAddress, to peer: SocketAddress
    ) -> UInt64? {
        let listening: UInt8 = 10
        let timeWait: UInt8 = 6
        let payload = answer.payload[...]
        let expected = identity(client, peer)
        guard payload.count >= 52, payload[1] != listening, payload[1] != timeWait,
            payload[4..<(4 + expected.count)].elementsEqual(expected)
        else { return nil }
        return payload.number(at: 44, as: UInt64.self)
    }

    private static func request(
        _ type: UInt16, _ client: SocketAddress, _ peer: SocketAddress, cookie: UInt64
    ) -> NetlinkMessage {
        var writer = NetlinkWriter()
        writer.append(UInt8(client.address.familyNumber))
        writer.append(UInt8(IPPROTO_TCP))
        writer.append(UInt16(0))
        // Every state.
        writer.append(UInt32.max)
        for byte in identity(client, peer) { writer.append(byte) }
        // Any interface.
        writer.append(UInt32(0))
        writer.append(cookie)
        return NetlinkMessage(
            type: type, flags: NetlinkMessage.request | NetlinkMessage.acknowledge, payload: writer.bytes)
    }

    /// The beginning of inet_diag_sockid: both ports, both addresses in 16 bytes each.
    private static func identity(_ client: SocketAddress, _ peer: SocketAddress) -> [UInt8] {
        var writer = NetlinkWriter()
        writer.append(client.port.bigEndian)
        writer.append(peer.port.bigEndian)
        for address in [client.address, peer.address] {
            for index in 0..<16 { writer.append(index < address.bytes.count ? address.bytes[index] : 0) }
        }
        return writer.bytes
    }
}
