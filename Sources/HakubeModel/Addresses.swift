// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc

/// An IPv4 or IPv6 address, without a zone.
package struct IPAddress: Sendable, Hashable {
    package enum Family: String, Sendable, Hashable {
        case v4 = "IPv4"
        case v6 = "IPv6"

        /// Width of an address in bits, which is also the prefix length of a single host.
        package var bits: Int { self == .v4 ? 32 : 128 }
    }

    package let family: Family
    /// The address as a number; an IPv4 address fills the low 32 bits.
    package let value: UInt128

    package init(family: Family, value: UInt128) {
        self.family = family
        self.value = value
    }

    /// Parses the textual forms of RFC 4291 (IPv6) and dotted decimal (IPv4); anything else is `nil`.
    package init?(_ text: String) {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self.init(family: .v4, value: UInt128(UInt32(bigEndian: four.s_addr)))
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        let value = withUnsafeBytes(of: &six) { $0.reduce(UInt128(0)) { $0 << 8 | UInt128($1) } }
        self.init(family: .v6, value: value)
    }

    /// From 4 or 16 bytes in network order; `nil` for any other count.
    package init?(octets: [UInt8]) {
        guard octets.count == 4 || octets.count == 16 else { return nil }
        self.init(family: octets.count == 4 ? .v4 : .v6, value: octets.reduce(0) { $0 << 8 | UInt128($1) })
    }

    /// The address as it stands in a URL or before a port: IPv6 in brackets (RFC 3986).
    package var bracketed: String { family == .v4 ? description : "[\(description)]" }
}

extension IPAddress: CustomStringConvertible, Comparable {
    /// The canonical text of RFC 5952.
    package var description: String {
        guard family == .v6 else {
            return (0..<4).map { String((value >> UInt128(24 - 8 * $0)) & 0xff) }.joined(separator: ".")
        }
        var six = in6_addr()
        withUnsafeMutableBytes(of: &six) { bytes in
            for index in 0..<16 { bytes[index] = UInt8(truncatingIfNeeded: value >> UInt128(120 - 8 * index)) }
        }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        inet_ntop(AF_INET6, &six, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    package static func < (left: IPAddress, right: IPAddress) -> Bool {
        left.family == right.family ? left.value < right.value : left.family == .v4
    }
}

/// A block of addresses, base/prefix. The host bits of `base` are zero.
package struct CIDR: Sendable, Hashable, CustomStringConvertible {
    package let base: IPAddress
    package let prefix: Int

    /// `nil` if the text is not ADDRESS/LENGTH, or if host bits are set (10.0.0.1/8 is a slip, not a block).
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let base = IPAddress(String(parts[0])), let prefix = Int(parts[1]),
            (0...base.family.bits).contains(prefix)
        else { return nil }
        self.init(base: base, prefix: prefix)
        guard self.base == base else { return nil }
    }

    /// Clears the host bits of `base`.
    package init(base: IPAddress, prefix: Int) {
        let hostBits = base.family.bits - prefix
        let value = hostBits >= 128 ? 0 : (base.value >> UInt128(hostBits)) << UInt128(hostBits)
        self.base = IPAddress(family: base.family, value: value)
        self.prefix = prefix
    }

    /// The network of an interface's address; `nil` for a length that the family does not have.
    package init?(of address: IPAddress, prefix: Int) {
        guard (0...address.family.bits).contains(prefix) else { return nil }
        self.init(base: address, prefix: prefix)
    }

    /// The block that holds one address: /32 or /128.
    package init(host: IPAddress) { self.init(base: host, prefix: host.family.bits) }

    package func contains(_ address: IPAddress) -> Bool {
        address.family == base.family && CIDR(base: address, prefix: prefix).base == base
    }

    package func overlaps(_ other: CIDR) -> Bool { contains(other.base) || other.contains(base) }

    package var description: String { "\(base)/\(prefix)" }
}
