// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc

/// An address and a port: `10.0.0.1:6443`, `[fd00::1]:6443`.
package struct SocketAddress: Sendable, Hashable, CustomStringConvertible {
    package let address: IPAddress
    package let port: UInt16

    package init(_ address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// nil when the text is not ADDRESS:PORT with a port of 1 to 65535; IPv6 must stand in brackets.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let port = UInt16(digits), port > 0 else {
            return nil
        }
        var host = text[..<colon]
        let bracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if bracketed { host = host.dropFirst().dropLast() }
        guard let address = IPAddress(String(host)), bracketed == (address.family == .v6) else { return nil }
        self.init(address, port: port)
    }

    package var description: String {
        address.family == .v4 ? "\(address):\(port)" : "[\(address)]:\(port)"
    }

    /// No address and no port of its own: the kernel chooses both.
    static func any(_ family: IPAddress.Family) -> SocketAddress { SocketAddress(.any(family), port: 0) }

    /// Another address of the same family; stands for "any" where only the family matters.
    var neighbour: SocketAddress {
        var bytes = address.bytes
        bytes[bytes.count - 1] ^= 1
        return IPAddress(bytes: bytes).map { SocketAddress($0, port: port) } ?? self
    }

    /// The address in the kernel's form, valid inside the closure.
    func withSocketAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        switch address.family {
        case .v4:
            var form = sockaddr_in()
            form.sin_family = sa_family_t(AF_INET)
            form.sin_port = port.bigEndian
            withUnsafeMutableBytes(of: &form.sin_addr) { $0.copyBytes(from: address.bytes) }
            return pointing(to: form, body)
        case .v6:
            var form = sockaddr_in6()
            form.sin6_family = sa_family_t(AF_INET6)
            form.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &form.sin6_addr) { $0.copyBytes(from: address.bytes) }
            return pointing(to: form, body)
        }
    }

    private func pointing<Form, Result>(to form: Form, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result
    {
        withUnsafePointer(to: form) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<Form>.size)) }
        }
    }
}
