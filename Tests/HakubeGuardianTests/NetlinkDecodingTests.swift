// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeGuardian
import Testing

struct NetlinkDecodingTests {
    private func reply(type: UInt16 = 0x1d, _ build: (inout NetlinkWriter) -> Void) -> NetlinkMessage {
        var writer = NetlinkWriter()
        writer.append(UInt32(0))
        build(&writer)
        return NetlinkMessage(type: type, flags: 2, payload: writer.bytes)
    }

    private func serviceReply(protocolNumber: UInt16 = 6) -> NetlinkMessage {
        reply { writer in
            writer.nested(1) { nest in
                nest.attribute(1, UInt16(2))
                nest.attribute(2, protocolNumber)
                // The kernel dumps sixteen bytes for IPv4 as well.
                nest.attribute(3, [10, 103, 97, 2] + [UInt8](repeating: 0, count: 12))
                nest.attribute(4, UInt16(6443).bigEndian)
                nest.attribute(6, text: "rr")
                // Hashed (2) is the kernel's own, persistent (1) is not.
                nest.attribute(7, [3, 0, 0, 0, 0xff, 0xff, 0xff, 0xff])
                nest.attribute(8, UInt32(300))
                nest.attribute(10, [UInt8](repeating: 7, count: 64))
            }
        }
    }

    @Test func `a dumped service is read`() throws {
        let service = try #require(IPVSMessage.service(in: serviceReply()))
        let virtual = try #require(SocketAddress("10.103.97.2:6443"))
        #expect(service == IPVSService(virtual, scheduler: "rr", flags: 1, timeout: 300))
    }

    @Test func `a service of another protocol is none of ours`() {
        #expect(IPVSMessage.service(in: serviceReply(protocolNumber: 17)) == nil)
    }

    @Test(arguments: [(UInt16(2), "10.0.0.1:6443"), (10, "[fd00::1]:6443")])
    func `a dumped real server is read`(family: UInt16, text: String) throws {
        let address = try #require(SocketAddress(text))
        let message = reply { writer in
            writer.nested(2) { nest in
                nest.attribute(
                    1, address.address.bytes + [UInt8](repeating: 0, count: 16 - address.address.bytes.count))
                nest.attribute(2, address.port.bigEndian)
                // Only the three lowest bits are the method.
                nest.attribute(3, UInt32(0x103))
                nest.attribute(4, UInt32(7))
                nest.attribute(5, UInt32(8))
                nest.attribute(6, UInt32(9))
            }
        }
        #expect(
            IPVSMessage.destination(in: message, familyNumber: family)
                == IPVSDestination(address, weight: 7, forwarding: 3, upperThreshold: 8, lowerThreshold: 9))
    }

    @Test func `a datagram is split into its messages`() {
        var first = NetlinkMessage(type: 20, flags: 2, payload: [1, 2, 3])
        first.sequence = 7
        let second = NetlinkMessage(type: 3, flags: 2, payload: [0, 0, 0, 0])
        let decoded = NetlinkMessage.decode(first.encoded + [0] + second.encoded)
        #expect(decoded == [first, second])
        #expect(decoded.map(\.errorNumber) == [nil, 0])
    }

    @Test func `an error has the errno`() {
        var writer = NetlinkWriter()
        writer.append(Int32(-3))
        #expect(NetlinkMessage(type: 2, flags: 0, payload: writer.bytes).errorNumber == 3)
    }

    @Test func `no datagram makes the reader stumble`() {
        // Any prefix of a good one, and a thousand made of noise.
        let good = serviceReply().encoded
        for length in 0..<good.count { #expect(NetlinkMessage.decode(Array(good[..<length])).isEmpty) }
        var noise = SplitMix(state: 42)
        for _ in 0..<1000 {
            var bytes = good
            for _ in 0..<8 { bytes[Int(noise.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: noise.next()) }
            for message in NetlinkMessage.decode(bytes) {
                #expect(message.payload.count <= bytes.count)
                _ = IPVSMessage.service(in: message)
                _ = IPVSMessage.destination(in: message, familyNumber: 2)
            }
        }
    }

    @Test func `only a route that ends here is local`() throws {
        let address = try #require(IPAddress("10.103.97.2"))
        func answer(type: UInt8) -> NetlinkMessage {
            var writer = NetlinkWriter()
            for byte in [2, 32, 0, 0, 255, 104, 254, type, 0, 0, 0, 0] as [UInt8] { writer.append(byte) }
            writer.attribute(7, [10, 0, 0, 9])
            return NetlinkMessage(type: 24, flags: 0, payload: writer.bytes)
        }
        #expect(
            RouteMessage.localRoute(in: answer(type: 2), to: address)
                == LocalRoute(address, source: IPAddress("10.0.0.9")))
        #expect(RouteMessage.localRoute(in: answer(type: 1), to: address) == nil)
        #expect(RouteMessage.preferredSource(in: answer(type: 1)) == IPAddress("10.0.0.9"))
    }
}

/// A seeded generator, so that a failure comes again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
