// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeGuardian
import Testing

/// The bytes as `linux/netlink.h`, `linux/genetlink.h`, `linux/ip_vs.h` and `linux/rtnetlink.h` define them, for a
/// little-endian host. The same messages were taken by a Linux 6.1 kernel.
struct NetlinkMessageTests {
    private static let family: UInt16 = 0x1d

    private func bytes(_ text: String) -> [UInt8] {
        text.split(whereSeparator: \.isWhitespace).compactMap { UInt8($0, radix: 16) }
    }

    private func address(_ text: String) throws -> SocketAddress { try #require(SocketAddress(text)) }

    // In the first line: length, type, flags, sequence, port of the sender.
    @Test func `the family is asked for by name`() {
        let expected = bytes(
            """
            20 00 00 00  10 00  05 00  00 00 00 00  00 00 00 00
            03 01 00 00
            09 00 02 00  49 50 56 53 00  00 00 00
            """)
        #expect(IPVSMessage.resolveFamily().encoded == expected)
    }

    @Test func `a service is named by family, protocol, address and port`() throws {
        let nest = """
            24 00 01 80
              06 00 01 00  02 00  00 00
              06 00 02 00  06 00  00 00
              08 00 03 00  0a 67 61 02
              06 00 04 00  19 2b  00 00
            """
        let virtual = try address("10.103.97.2:6443")
        #expect(
            IPVSMessage.getService(virtual, family: Self.family).encoded
                == bytes("38 00 00 00  1d 00  05 00  00 00 00 00  00 00 00 00  04 01 00 00 " + nest))
        #expect(
            IPVSMessage.getDestinations(of: virtual, family: Self.family).encoded
                == bytes("38 00 00 00  1d 00  01 03  00 00 00 00  00 00 00 00  08 01 00 00 " + nest))
        #expect(
            IPVSMessage.deleteService(virtual, family: Self.family).encoded
                == bytes("38 00 00 00  1d 00  05 00  00 00 00 00  00 00 00 00  03 01 00 00 " + nest))
    }

    @Test(arguments: [(false, "01"), (true, "02")])
    func `a service is made or set with all that the kernel demands`(exists: Bool, command: String) throws {
        let expected = bytes(
            """
            5c 00 00 00  1d 00  05 00  00 00 00 00  00 00 00 00  \(command) 01 00 00
            48 00 01 80
              06 00 01 00  02 00  00 00
              06 00 02 00  06 00  00 00
              08 00 03 00  0a 67 61 02
              06 00 04 00  19 2b  00 00
              07 00 06 00  72 72 00  00
              0c 00 07 00  00 00 00 00  ff ff ff ff
              08 00 08 00  00 00 00 00
              08 00 09 00  ff ff ff ff
            """)
        let service = IPVSService(try address("10.103.97.2:6443"))
        #expect(IPVSMessage.put(service, exists: exists, family: Self.family).encoded == expected)
    }

    @Test func `an IPv6 service has sixteen bytes of address and a prefix of 128`() throws {
        let message = IPVSMessage.put(IPVSService(try address("[fd00::2]:6443")), exists: false, family: Self.family)
        let expected = bytes(
            """
            01 01 00 00
            54 00 01 80
              06 00 01 00  0a 00  00 00
              06 00 02 00  06 00  00 00
              14 00 03 00  fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 02
              06 00 04 00  19 2b  00 00
              07 00 06 00  72 72 00  00
              0c 00 07 00  00 00 00 00  ff ff ff ff
              08 00 08 00  00 00 00 00
              08 00 09 00  80 00 00 00
            """)
        #expect(message.payload == expected)
    }

    @Test(arguments: [(false, "05"), (true, "06")])
    func `a real server is given with method, weight and thresholds`(exists: Bool, command: String) throws {
        let expected = bytes(
            """
            \(command) 01 00 00
            24 00 01 80
              06 00 01 00  02 00  00 00
              06 00 02 00  06 00  00 00
              08 00 03 00  0a 67 61 02
              06 00 04 00  19 2b  00 00
            3c 00 02 80
              08 00 01 00  0a 00 00 01
              06 00 02 00  19 2b  00 00
              06 00 0b 00  02 00  00 00
              08 00 03 00  00 00 00 00
              08 00 04 00  01 00 00 00
              08 00 05 00  00 00 00 00
              08 00 06 00  00 00 00 00
            """)
        let message = IPVSMessage.put(
            IPVSDestination(try address("10.0.0.1:6443")), exists: exists, of: try address("10.103.97.2:6443"),
            family: Self.family)
        #expect(message.payload == expected)
    }

    @Test func `a real server is removed by its key`() throws {
        let message = IPVSMessage.deleteDestination(
            try address("10.0.0.1:6443"), of: try address("10.103.97.2:6443"), family: Self.family)
        let expected = bytes(
            """
            1c 00 02 80
              08 00 01 00  0a 00 00 01
              06 00 02 00  19 2b  00 00
              06 00 0b 00  02 00  00 00
            """)
        #expect(message.payload.first == 7)
        #expect(message.payload.suffix(28).elementsEqual(expected))
    }

    @Test func `a local route has table, scope, source and the mark of hakube`() throws {
        let route = LocalRoute(try address("10.103.97.2:1").address, source: IPAddress("10.0.0.9"))
        let expected = bytes(
            """
            34 00 00 00  18 00  05 05  00 00 00 00  00 00 00 00
            02 20 00 00 ff 68 fe 02  00 00 00 00
            08 00 01 00  0a 67 61 02
            08 00 07 00  0a 00 00 09
            08 00 04 00  01 00 00 00
            """)
        #expect(RouteMessage.set(route, loopback: 1).encoded == expected)
    }

    @Test func `an IPv6 route has no scope, and no source when none is known`() throws {
        let route = LocalRoute(try address("[fd00::2]:1").address, source: nil)
        let expected = bytes(
            """
            0a 80 00 00 ff 68 00 02  00 00 00 00
            14 00 01 00  fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 02
            08 00 04 00  01 00 00 00
            """)
        #expect(RouteMessage.set(route, loopback: 1).payload == expected)
        #expect(RouteMessage.remove(route.address, loopback: 1).payload == expected)
        #expect(RouteMessage.remove(route.address, loopback: 1).type == 25)
    }

    @Test func `a route is looked up by its address alone`() throws {
        let message = RouteMessage.lookUp(try address("10.103.97.2:1").address)
        #expect(message.type == 26)
        #expect(message.payload == bytes("02 20 00 00 00 00 00 00  00 00 00 00  08 00 01 00  0a 67 61 02"))
    }
}
