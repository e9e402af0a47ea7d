// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CNetlink
import Glibc

/// The kernel's IPVS table, seen through generic netlink.
final class IPVSClient {
    private let socket: NetlinkSocket
    private var family: UInt16 { didSet { (services, servers) = ([:], [:]) } }
    private var services: [SocketAddress: PreparedRequest] = [:]
    private var servers: [SocketAddress: PreparedRequest] = [:]

    /// nil when this kernel has no IPVS and no module for it.
    init?() throws(NetlinkError) {
        socket = try NetlinkSocket(protocolNumber: NETLINK_GENERIC)
        guard let number = try Self.family(socket) else { return nil }
        family = number
    }

    /// Asks for the family's number again, which changes when the module was unloaded and came back. Returns whether it
    /// did.
    func resolveAgain() throws(NetlinkError) -> Bool {
        guard let number = try Self.family(socket), number != family else { return false }
        family = number
        return true
    }

    private static func family(_ socket: NetlinkSocket) throws(NetlinkError) -> UInt16? {
        do {
            let replies = try socket.request(IPVSMessage.resolveFamily(), "asking the kernel for IPVS")
            return replies.first.flatMap(IPVSMessage.familyNumber(in:))
        } catch  where error.number == ENOENT {
            return nil
        }
    }

    func service(_ virtual: SocketAddress) throws(NetlinkError) -> IPVSService? {
        do {
            let replies = try socket.request(
                &services[virtual, default: PreparedRequest(IPVSMessage.getService(virtual, family: family))],
                "reading the IPVS service \(virtual)")
            return replies.first.flatMap(IPVSMessage.service(in:))
        } catch  where error.number == ESRCH {
            return nil
        }
    }

    func destinations(of virtual: SocketAddress) throws(NetlinkError) -> [IPVSDestination] {
        let replies = try socket.request(
            &servers[virtual, default: PreparedRequest(IPVSMessage.getDestinations(of: virtual, family: family))],
            "reading the real servers of \(virtual)")
        return replies.compactMap { IPVSMessage.destination(in: $0, familyNumber: virtual.address.familyNumber) }
    }

    /// All that the kernel holds for one virtual address.
    func table(of virtual: SocketAddress, routes: RouteTable) throws(NetlinkError) -> KernelTable {
        let service = try service(virtual)
        return KernelTable(
            service: service, destinations: service == nil ? [] : try destinations(of: virtual),
            route: try routes.localRoute(to: virtual.address))
    }

    func put(_ service: IPVSService, exists: Bool) throws(NetlinkError) {
        _ = try socket.request(
            IPVSMessage.put(service, exists: exists, family: family), "making the IPVS service \(service.virtual)")
    }

    func put(_ destination: IPVSDestination, exists: Bool, of virtual: SocketAddress) throws(NetlinkError) {
        _ = try socket.request(
            IPVSMessage.put(destination, exists: exists, of: virtual, family: family),
            "giving \(destination.address) to the IPVS service \(virtual)")
    }

    func removeDestination(_ address: SocketAddress, of virtual: SocketAddress) throws(NetlinkError) {
        _ = try socket.request(
            IPVSMessage.deleteDestination(address, of: virtual, family: family),
            "removing \(address) from the IPVS service \(virtual)")
    }

    /// Returns whether there was a service to remove.
    func removeService(_ virtual: SocketAddress) throws(NetlinkError) -> Bool {
        do {
            _ = try socket.request(
                IPVSMessage.deleteService(virtual, family: family), "removing the IPVS service \(virtual)")
            return true
        } catch  where error.number == ESRCH {
            return false
        }
    }
}
