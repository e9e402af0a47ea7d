// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CNetlink
import Glibc

/// An advertisement of VRRP. Versions 2 and 3 agree in what is read of it (RFC 3768, section 5.1, and RFC 9568, section 5.2).
package struct RouterAdvert: Sendable, Hashable {
    package let routerID: UInt8

    /// `nil` for what is no advertisement.
    package init?(_ message: some Collection<UInt8>) {
        let head = Array(message.prefix(2))
        guard head.count == 2, head[0] == 0x21 || head[0] == 0x31 else { return nil }
        routerID = head[1]
    }

    /// Raw sockets of IPv4 give the packet with its header, whose length is in its first byte in words of four bytes.
    package init?(packet: [UInt8]) {
        guard let first = packet.first, first >> 4 == 4, packet.count > Int(first & 15) * 4 else { return nil }
        self.init(packet.dropFirst(Int(first & 15) * 4))
    }
}

/// Whether a number is free for a group of VRRP routers: two groups with one number on a network take each other's adverts for
/// their own, and whose priority is lower gives its address up.
package struct RouterWatch: Sendable, Hashable {
    package let routerID: UInt8
    package let interface: String
    /// Routers of the same group.
    package let own: [IPAddress]
    /// Milliseconds: adverts come once a second unless somebody has chosen otherwise.
    package let span: Int64

    package init(routerID: UInt8, interface: String, own: [IPAddress], span: Int64) {
        self.routerID = routerID
        self.interface = interface
        self.own = own
        self.span = span
    }

    /// The first who uses the number and is none of ours, or `nil` when the time is over.
    ///
    /// - Throws: errno where the interface cannot be listened on.
    package func stranger() throws(SystemFault) -> IPAddress? {
        let families: [IPAddress.Family] = [.v4, .v6]
        var sockets: [Int32] = []
        defer { for socket in sockets { close(socket) } }
        for family in families { sockets.append(try listen(family)) }
        let end = Instant.now.advanced(by: span)
        while true {
            let rest = end.milliseconds(since: .now)
            guard rest > 0 else { return nil }
            var waits = sockets.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&waits, nfds_t(waits.count), Int32(rest)) > 0 else { continue }
            for (socket, family) in zip(sockets, families) {
                while let (sender, packet) = receive(socket, family) {
                    let advert = family == .v4 ? RouterAdvert(packet: packet) : RouterAdvert(packet)
                    if advert?.routerID == routerID, !own.contains(sender) { return sender }
                }
            }
        }
    }

    /// Hears what comes to 224.0.0.18 or ff02::12, and what is sent to this host alone.
    private func listen(_ family: IPAddress.Family) throws(SystemFault) -> Int32 {
        let vrrp: Int32 = 112
        let kind = Int32(SOCK_RAW.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family == .v4 ? AF_INET : AF_INET6, kind, vrrp)
        guard descriptor >= 0 else { throw SystemFault(errno, "listen for VRRP") }
        let index = if_nametoindex(interface)
        let bound = interface.withCString {
            setsockopt(descriptor, SOL_SOCKET, SO_BINDTODEVICE, $0, socklen_t(strlen($0)))
        }
        guard index > 0, bound == 0 else {
            let fault = SystemFault(errno, "listen on \(interface)")
            close(descriptor)
            throw fault
        }
        let joined: Int32
        if family == .v4 {
            var group = ip_mreqn()
            group.imr_multiaddr.s_addr = in_addr_t(224 | 18 << 24).littleEndian
            group.imr_ifindex = Int32(index)
            joined = setsockopt(
                descriptor, Int32(IPPROTO_IP), IP_ADD_MEMBERSHIP, &group, socklen_t(MemoryLayout<ip_mreqn>.size))
        } else {
            var group = ipv6_mreq()
            inet_pton(AF_INET6, "ff02::12", &group.ipv6mr_multiaddr)
            group.ipv6mr_interface = index
            joined = setsockopt(
                descriptor, Int32(IPPROTO_IPV6), IPV6_ADD_MEMBERSHIP, &group, socklen_t(MemoryLayout<ipv6_mreq>.size))
        }
        // A host without IPv6 has nobody to hear there.
        guard joined == 0 || family == .v6 else {
            let fault = SystemFault(errno, "listen on \(interface)")
            close(descriptor)
            throw fault
        }
        return descriptor
    }

    private func receive(_ socket: Int32, _ family: IPAddress.Family) -> (IPAddress, [UInt8])? {
        var packet = [UInt8](repeating: 0, count: 2048)
        var from = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let count = withUnsafeMutablePointer(to: &from) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                recvfrom(socket, &packet, packet.count, 0, $0, &length)
            }
        }
        guard count > 0 else { return nil }
        let bytes = withUnsafeBytes(of: &from) { raw in
            // sockaddr_in: family, port, address; sockaddr_in6: family, port, flow, address.
            family == .v4 ? Array(raw[4..<8]) : Array(raw[8..<24])
        }
        return IPAddress(bytes: bytes).map { ($0, Array(packet.prefix(count))) }
    }
}

/// What the kernel refused.
package struct SystemFault: Error, Hashable, CustomStringConvertible {
    package let number: Int32
    package let what: String

    init(_ number: Int32, _ what: String) {
        self.number = number
        self.what = what
    }

    package var description: String { "cannot \(what): \(String(cString: strerror(number)))" }
}
