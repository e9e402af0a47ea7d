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
        ("10.0.0.11:6443", "0A00000B 192B"), ("[fd00::b]:6443", "fd00:0000:0000:0000:0000:0000:0000:000b 192B"),
    ])
    func `an address is looked for in the form the table has`(address: String, text: String) throws {
        #expect(IPVSConnection.text(of: try #require(SocketAddress(address))) == Array(text.utf8))
    }

    private static let ends = [
        ("10.0.0.21:50000", "10.103.97.2:6443", UInt8(2), "c3 50 19 2b 0a 00 00 15"),
        ("[fd00::15]:50000", "[fd00::2]:6443", 10, "c3 50 19 2b fd 00 00 00"),
    ]

    @Test(arguments: ends)
    func `ending a socket names its two addresses and its cookie`(
        client: String, peer: String, family: UInt8, identity: String
    ) throws {
        let message = LocalSockets.destroyRequest(
            try #require(SocketAddress(client)), to: try #require(SocketAddress(peer)), cookie: 0x0102_0304)
        #expect(message.type == 21)
        #expect(message.payload.count == 56)
        #expect(Array(message.payload[..<2]) == [family, 6])
        let bytes = identity.split(separator: " ").compactMap { UInt8($0, radix: 16) }
        #expect(Array(message.payload[8..<16]) == bytes)
        // No interface, this one socket.
        #expect(Array(message.payload[44..<56]) == [0, 0, 0, 0, 4, 3, 2, 1, 0, 0, 0, 0])
    }

    /// What the kernel answers to a look-up: inet_diag_msg.
    private func answer(_ client: SocketAddress, _ peer: SocketAddress, state: UInt8) -> NetlinkMessage {
        let asked = LocalSockets.lookUpRequest(client, to: peer)
        let head: [UInt8] = [asked.payload[0], state, 0, 0]
        let cookie: [UInt8] = [7, 0, 0, 0, 0, 0, 0, 0]
        return NetlinkMessage(type: 20, flags: 0, payload: head + asked.payload[8..<48] + cookie + [0, 0, 0, 0])
    }

    @Test(arguments: ends)
    func `only an open connection between the two is ended`(
        client: String, peer: String, family: UInt8, identity: String
    ) throws {
        let client = try #require(SocketAddress(client))
        let peer = try #require(SocketAddress(peer))
        func cookie(_ answer: NetlinkMessage) -> UInt64? {
            LocalSockets.connectionCookie(in: answer, of: client, to: peer)
        }
        #expect(cookie(answer(client, peer, state: 1)) == 7)
        // A connection that was never answered is one, too.
        #expect(cookie(answer(client, peer, state: 2)) == 7)
        // A listener on the client's port, a connection that has ended, another peer, a torn answer.
        #expect(cookie(answer(client, peer, state: 10)) == nil)
        #expect(cookie(answer(client, peer, state: 6)) == nil)
        #expect(cookie(answer(client, client, state: 1)) == nil)
        #expect(cookie(NetlinkMessage(type: 20, flags: 0, payload: [2, 1, 0, 0])) == nil)
    }
}
