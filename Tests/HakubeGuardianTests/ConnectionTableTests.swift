// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Testing

@testable import HakubeGuardian

struct ConnectionTableTests {
    private func connection(_ line: String) -> IPVSConnection? { IPVSConnection(line: Array(line.utf8)) }

    @Test func `a line of the kernel's table is read`() throws {
        let found = try #require(
            connection("TCP 0A000015 C350 0A676102 192B 0A00000B 192B ESTABLISHED     899"))
        #expect(found.client == SocketAddress("10.0.0.21:50000"))
        #expect(found.virtual == SocketAddress("10.103.97.2:6443"))
        #expect(found.server == SocketAddress("10.0.0.11:6443"))
    }

    @Test func `a line with IPv6 addresses is read`() throws {
        let found = try #require(
            connection(
                "TCP fd00:0000:0000:0000:0000:0000:0000:0015 C350 fd00:0010:0103:0097:0000:0000:0000:0002 192B "
                    + "fd00:0000:0000:0000:0000:0000:0000:000b 192B ESTABLISHED     899"))
        #expect(found.client == SocketAddress("[fd00::15]:50000"))
        #expect(found.virtual == SocketAddress("[fd00:10:103:97::2]:6443"))
        #expect(found.server == SocketAddress("[fd00::b]:6443"))
    }

    @Test(arguments: [
        "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData",
        "UDP 0A000015 C350 0A676102 0035 0A00000B 0035 UDP             299", "", "TCP",
        "TCP 0A00001 C350 0A676102 192B 0A00000B 192B ESTABLISHED     899",
        "TCP 0A00001G C350 0A676102 192B 0A00000B 192B ESTABLISHED     899",
    ])
    func `any other line is none of ours`(line: String) { #expect(connection(line) == nil) }

    @Test(arguments: [
        ("10.0.0.21:50000", "10.103.97.2:6443", 2, "c3 50 19 2b 0a 00 00 15"),
        ("[fd00::15]:50000", "[fd00::2]:6443", 10, "c3 50 19 2b fd 00 00 00"),
    ])
    func `ending a socket names its two addresses and nothing else`(
        client: String, peer: String, family: UInt8, identity: String
    ) throws {
        let message = LocalSockets.destroyRequest(
            try #require(SocketAddress(client)), to: try #require(SocketAddress(peer)))
        #expect(message.type == 21)
        #expect(message.payload.count == 56)
        #expect(Array(message.payload[..<2]) == [family, 6])
        let bytes = identity.split(separator: " ").compactMap { UInt8($0, radix: 16) }
        #expect(Array(message.payload[8..<16]) == bytes)
        // No interface, whatever cookie.
        #expect(Array(message.payload[44..<56]) == [0, 0, 0, 0] + Array(repeating: 0xff, count: 8))
    }
}
