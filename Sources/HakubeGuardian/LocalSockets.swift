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
    /// - Throws: when the kernel cannot do that.
    func destroy(_ clients: [SocketAddress], to peer: SocketAddress) throws(NetlinkError) -> Int {
        var count = 0
        for client in clients {
            do {
                _ = try socket.request(Self.destroyRequest(client, to: peer), "ending the connection of \(client)")
                count += 1
            } catch  where [ENOENT, ESTALE, EINVAL].contains(error.number) {
                // A pod's, another host's, or ended by itself meanwhile.
                continue
            }
        }
        return count
    }

    /// inet_diag_req_v2 of `linux/inet_diag.h` for one socket.
    package static func destroyRequest(_ client: SocketAddress, to peer: SocketAddress) -> NetlinkMessage {
        var writer = NetlinkWriter()
        writer.append(UInt8(client.address.familyNumber))
        writer.append(UInt8(IPPROTO_TCP))
        writer.append(UInt16(0))
        // Every state.
        writer.append(UInt32.max)
        writer.append(client.port.bigEndian)
        writer.append(peer.port.bigEndian)
        for address in [client.address, peer.address] {
            for index in 0..<16 { writer.append(index < address.bytes.count ? address.bytes[index] : 0) }
        }
        writer.append(UInt32(0))
        // INET_DIAG_NOCOOKIE: whichever socket has these addresses.
        writer.append(UInt64.max)
        let destroy: UInt16 = 21
        return NetlinkMessage(
            type: destroy, flags: NetlinkMessage.request | NetlinkMessage.acknowledge, payload: writer.bytes)
    }
}
