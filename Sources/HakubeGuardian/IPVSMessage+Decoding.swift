// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc

extension IPVSMessage {
    /// The service of a NEW_SERVICE answer; nil when it is of another kind (fwmark, UDP) or torn.
    package static func service(in reply: NetlinkMessage) -> IPVSService? {
        guard let nest = NetlinkAttributes(reply.payload[...].dropFirst(4)).nested(1),
            nest.number(2, as: UInt16.self) == UInt16(IPPROTO_TCP),
            let familyNumber = nest.number(1, as: UInt16.self),
            let virtual = socketAddress(nest.bytes(3), nest.number(4), familyNumber: familyNumber),
            let scheduler = nest.text(6)
        else { return nil }
        // IP_VS_SVC_F_HASHED is the kernel's own book-keeping.
        let flags = (nest.number(7, as: UInt32.self) ?? 0) & ~0x2
        return IPVSService(virtual, scheduler: scheduler, flags: flags, timeout: nest.number(8) ?? 0)
    }

    /// The real server of one NEW_DEST answer.
    package static func destination(in reply: NetlinkMessage, familyNumber: UInt16) -> IPVSDestination? {
        guard let nest = NetlinkAttributes(reply.payload[...].dropFirst(4)).nested(2),
            let address = socketAddress(
                nest.bytes(1), nest.number(2), familyNumber: nest.number(11, as: UInt16.self) ?? familyNumber),
            let weight = nest.number(4, as: UInt32.self)
        else { return nil }
        return IPVSDestination(
            address, weight: weight, forwarding: (nest.number(3, as: UInt32.self) ?? 0) & 0x7,
            upperThreshold: nest.number(5) ?? 0, lowerThreshold: nest.number(6) ?? 0)
    }

    /// The kernel dumps 16 bytes of address whatever the family.
    private static func socketAddress(
        _ bytes: ArraySlice<UInt8>?, _ port: UInt16?, familyNumber: UInt16
    ) -> SocketAddress? {
        guard let bytes, let port,
            let address = IPAddress(bytes: bytes.prefix(familyNumber == UInt16(AF_INET) ? 4 : 16))
        else { return nil }
        return SocketAddress(address, port: UInt16(bigEndian: port))
    }
}
