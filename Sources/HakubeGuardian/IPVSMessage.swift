// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc

/// The requests of generic netlink's controller and of the IPVS family (`linux/ip_vs.h`), as bytes.
package enum IPVSMessage {
    enum Command: UInt8 {
        case newService = 1
        case setService = 2
        case deleteService = 3
        case getService = 4
        case newDestination = 5
        case setDestination = 6
        case deleteDestination = 7
        case getDestination = 8
    }

    /// GENL_ID_CTRL.
    private static let controllerFamily: UInt16 = 16

    /// Asks for the number of the IPVS family. Root's question also makes the kernel load `ip_vs`.
    package static func resolveFamily() -> NetlinkMessage {
        // CTRL_CMD_GETFAMILY with CTRL_ATTR_FAMILY_NAME.
        var writer = header(command: 3, version: 1)
        writer.attribute(2, text: "IPVS")
        return NetlinkMessage(
            type: controllerFamily, flags: NetlinkMessage.request | NetlinkMessage.acknowledge, payload: writer.bytes)
    }

    /// CTRL_ATTR_FAMILY_ID of the answer.
    package static func familyNumber(in reply: NetlinkMessage) -> UInt16? {
        NetlinkAttributes(reply.payload[...].dropFirst(4)).number(1)
    }

    package static func getService(_ virtual: SocketAddress, family: UInt16) -> NetlinkMessage {
        message(.getService, family: family, flags: NetlinkMessage.acknowledge) { $0.serviceKey(virtual) }
    }

    package static func getDestinations(of virtual: SocketAddress, family: UInt16) -> NetlinkMessage {
        message(.getDestination, family: family, flags: NetlinkMessage.dump) { $0.serviceKey(virtual) }
    }

    package static func deleteService(_ virtual: SocketAddress, family: UInt16) -> NetlinkMessage {
        message(.deleteService, family: family, flags: NetlinkMessage.acknowledge) { $0.serviceKey(virtual) }
    }

    /// NEW_SERVICE, or SET_SERVICE when it `exists`.
    package static func put(_ service: IPVSService, exists: Bool, family: UInt16) -> NetlinkMessage {
        message(exists ? .setService : .newService, family: family, flags: NetlinkMessage.acknowledge) { writer in
            writer.nested(1) { nest in
                nest.key(of: service.virtual)
                nest.attribute(6, text: service.scheduler)
                var flags = NetlinkWriter()
                flags.append(service.flags)
                // All bits are meant, or SET_SERVICE would keep foreign ones.
                flags.append(UInt32.max)
                nest.attribute(7, flags.bytes)
                nest.attribute(8, service.timeout)
                nest.attribute(9, service.virtual.address.family == .v4 ? UInt32.max : 128)
            }
        }
    }

    /// NEW_DEST, or SET_DEST when it `exists`.
    package static func put(
        _ destination: IPVSDestination, exists: Bool, of virtual: SocketAddress, family: UInt16
    ) -> NetlinkMessage {
        let command = exists ? Command.setDestination : .newDestination
        return message(command, family: family, flags: NetlinkMessage.acknowledge) { writer in
            writer.serviceKey(virtual)
            writer.nested(2) { nest in
                nest.destinationKey(destination.address)
                nest.attribute(3, destination.forwarding)
                nest.attribute(4, destination.weight)
                nest.attribute(5, destination.upperThreshold)
                nest.attribute(6, destination.lowerThreshold)
            }
        }
    }

    package static func deleteDestination(
        _ address: SocketAddress, of virtual: SocketAddress, family: UInt16
    ) -> NetlinkMessage {
        message(.deleteDestination, family: family, flags: NetlinkMessage.acknowledge) { writer in
            writer.serviceKey(virtual)
            writer.nested(2) { $0.destinationKey(address) }
        }
    }

    private static func message(
        _ command: Command, family: UInt16, flags: UInt16, _ build: (inout NetlinkWriter) -> Void
    ) -> NetlinkMessage {
        var writer = header(command: command.rawValue, version: 1)
        build(&writer)
        return NetlinkMessage(type: family, flags: NetlinkMessage.request | flags, payload: writer.bytes)
    }

    /// genlmsghdr: command, version, two reserved bytes.
    private static func header(command: UInt8, version: UInt8) -> NetlinkWriter {
        var writer = NetlinkWriter()
        writer.append(command)
        writer.append(version)
        writer.append(UInt16(0))
        return writer
    }
}

extension NetlinkWriter {
    fileprivate mutating func serviceKey(_ virtual: SocketAddress) { nested(1) { $0.key(of: virtual) } }

    fileprivate mutating func key(of virtual: SocketAddress) {
        attribute(1, virtual.address.familyNumber)
        attribute(2, UInt16(IPPROTO_TCP))
        attribute(3, virtual.address.bytes)
        attribute(4, virtual.port.bigEndian)
    }

    fileprivate mutating func destinationKey(_ address: SocketAddress) {
        attribute(1, address.address.bytes)
        attribute(2, address.port.bigEndian)
        // ADDR_FAMILY; kernels before 3.18 do not know it and ignore it.
        attribute(11, address.address.familyNumber)
    }
}
