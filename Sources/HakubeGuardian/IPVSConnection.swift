// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CNetlink

/// One connection through the kernel's virtual server, as `/proc/net/ip_vs_conn` tells it.
package struct IPVSConnection: Sendable, Hashable {
    package let client: SocketAddress
    package let virtual: SocketAddress
    package let server: SocketAddress

    /// Reads a line of the table: protocol, client, virtual address, real server, each address in hexadecimal and followed
    /// by its port. nil for the heading and for other protocols.
    package init?(line: some Collection<UInt8>) {
        let words = line.split(separator: UInt8(ascii: " "), maxSplits: 7)
        guard words.count >= 7, words[0].elementsEqual("TCP".utf8),
            let client = Self.address(words[1], words[2]), let virtual = Self.address(words[3], words[4]),
            let server = Self.address(words[5], words[6])
        else { return nil }
        self.client = client
        self.virtual = virtual
        self.server = server
    }

    /// The local clients of one real server. Must be read before the server is removed: with it the kernel forgets them.
    static func clients(of server: SocketAddress, through virtual: SocketAddress) -> [SocketAddress] {
        var clients: [SocketAddress] = []
        let needle = text(of: server)
        SmallFile.eachLine(of: "/proc/net/ip_vs_conn") { line in
            // With kube-proxy in ipvs mode the table holds every connection to every service.
            guard contains(line, needle), let connection = IPVSConnection(line: line), connection.server == server,
                connection.virtual == virtual
            else { return }
            clients.append(connection.client)
        }
        return clients
    }

    /// A socket's address as the table has it.
    package static func text(of address: SocketAddress) -> [UInt8] {
        func hexadecimal(_ bytes: some Sequence<UInt8>, _ digits: [UInt8]) -> [UInt8] {
            bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        }
        let upper = Array("0123456789ABCDEF".utf8)
        let bytes = address.address.bytes
        let host: [UInt8] =
            address.address.family == .v4
            ? hexadecimal(bytes, upper)
            : Array(
                stride(from: 0, to: 16, by: 2).map { hexadecimal(bytes[$0..<($0 + 2)], Array("0123456789abcdef".utf8)) }
                    .joined(separator: [UInt8(ascii: ":")]))
        return host + [UInt8(ascii: " ")] + hexadecimal([UInt8(address.port >> 8), UInt8(address.port & 0xff)], upper)
    }

    private static func contains(_ line: ArraySlice<UInt8>, _ needle: [UInt8]) -> Bool {
        line.withUnsafeBytes { line in
            needle.withUnsafeBytes { hakube_contains(line.baseAddress, line.count, $0.baseAddress, $0.count) != 0 }
        }
    }

    private static func address(_ host: some Collection<UInt8>, _ port: some Collection<UInt8>) -> SocketAddress? {
        let digits = host.filter { $0 != UInt8(ascii: ":") }
        guard digits.count == 8 || digits.count == 32, let port = bytes(of: Array(port)), port.count == 2,
            let bytes = bytes(of: digits), let address = IPAddress(bytes: bytes)
        else { return nil }
        return SocketAddress(address, port: UInt16(port[0]) << 8 | UInt16(port[1]))
    }

    private static func bytes(of digits: [UInt8]) -> [UInt8]? {
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
