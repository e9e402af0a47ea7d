// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc

/// An IPv4 or IPv6 address as its bytes in network order. Addresses only, never names: `getaddrinfo` in a static
/// glibc program wants the NSS libraries of the very host it was built on.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    package enum Family: Sendable { case v4, v6 }

    /// 4 or 16 bytes.
    package let bytes: [UInt8]

    package var family: Family { bytes.count == 4 ? .v4 : .v6 }

    /// AF_INET or AF_INET6.
    package var familyNumber: UInt16 { UInt16(family == .v4 ? AF_INET : AF_INET6) }

    /// The length of a prefix that covers this address alone.
    package var hostPrefixLength: UInt8 { UInt8(bytes.count * 8) }

    /// Reads dotted quads and RFC 4291 text; nil for anything else, zone identifiers included.
    package init?(_ text: String) {
        var v4 = in_addr()
        var v6 = in6_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            bytes = withUnsafeBytes(of: &v4) { Array($0) }
        } else if inet_pton(AF_INET6, text, &v6) == 1 {
            bytes = withUnsafeBytes(of: &v6) { Array($0) }
        } else {
            return nil
        }
    }

    /// nil unless there are 4 or 16 bytes.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = Array(bytes)
    }

    /// `0.0.0.0` or `::`.
    static func any(_ family: Family) -> IPAddress { IPAddress(zeros: family == .v4 ? 4 : 16) }

    private init(zeros count: Int) { bytes = [UInt8](repeating: 0, count: count) }

    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let written = bytes.withUnsafeBytes {
            inet_ntop(Int32(familyNumber), $0.baseAddress, &text, socklen_t(text.count)) != nil
        }
        return written ? string(fromNulTerminated: text) : "?"
    }

    /// Whether a packet to it can be meant for one host (not `0.0.0.0`, `::`, loopback, multicast or broadcast).
    package var isUnicastHost: Bool {
        if bytes.allSatisfy({ $0 == 0 }) { return false }
        switch family {
        case .v4: return bytes[0] != 0 && bytes[0] < 224
        case .v6: return bytes[0] != 0xff
        }
    }

    package var isLoopback: Bool {
        switch family {
        case .v4: return bytes[0] == 127
        case .v6: return bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
        }
    }
}

func string(fromNulTerminated text: [CChar]) -> String {
    String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
