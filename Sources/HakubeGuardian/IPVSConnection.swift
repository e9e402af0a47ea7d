// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

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
        SmallFile.eachLine(of: "/proc/net/ip_vs_conn") { line in
            guard let connection = IPVSConnection(line: line), connection.server == server,
                connection.virtual == virtual
            else { return }
            clients.append(connection.client)
        }
        return clients
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
