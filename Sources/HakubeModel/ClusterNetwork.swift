// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The blocks of a cluster while they are checked; a default has the empty place.
struct ClusterNetwork {
    /// The family of the masters, which is the one the API server advertises.
    let family: IPAddress.Family
    let pods: [Placed<CIDR>]
    let services: [Placed<CIDR>]
    let dnsDomain: String
}

/// What a cluster has when nobody says otherwise. The IPv6 blocks are unique local addresses (RFC 4193).
enum NetworkDefaults {
    static func vip(_ family: IPAddress.Family) -> IPAddress {
        family == .v4
            ? IPAddress(family: .v4, value: 0x0a67_6102)
            : IPAddress(family: .v6, value: 0xfd00_0010_0103_0097 << 64 | 2)
    }

    static func pods(_ family: IPAddress.Family) -> CIDR {
        family == .v4
            ? CIDR(base: IPAddress(family: .v4, value: 0x0af4_0000), prefix: 16)
            : CIDR(base: IPAddress(family: .v6, value: 0xfd00_0010_0244_0000 << 64), prefix: 56)
    }

    static func services(_ family: IPAddress.Family) -> CIDR {
        family == .v4
            ? CIDR(base: IPAddress(family: .v4, value: 0x0a60_0000), prefix: 12)
            : CIDR(base: IPAddress(family: .v6, value: 0xfd00_0010_0096_0000 << 64), prefix: 112)
    }
}

extension Placed where Value == CIDR {
    /// The block in a sentence.
    var title: String { place.isEmpty ? "\(value) (the default)" : value.description }
}
