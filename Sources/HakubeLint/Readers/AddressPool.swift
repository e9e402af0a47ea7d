// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// A pool of service addresses in kube-vip-cloud-provider's ConfigMap `kubevip`.
struct AddressPool: Sendable, Hashable {
    /// The first and the last address of a part.
    struct Range: Sendable, Hashable, CustomStringConvertible {
        let first: IPAddress
        let last: IPAddress

        /// `10.0.0.1-10.0.0.9` or `10.0.0.0/28`.
        init?(_ text: String) {
            let ends = text.split(separator: "-").map(\.trimmed)
            if ends.count == 2, let first = IPAddress(ends[0]), let last = IPAddress(ends[1]) {
                guard first.family == last.family, first <= last else { return nil }
                self.init(first: first, last: last)
                return
            }
            let parts = text.split(separator: "/")
            guard parts.count == 2, let base = IPAddress(parts[0].trimmed), let prefix = Int(parts[1].trimmed),
                (0...base.family.bits).contains(prefix)
            else { return nil }
            self.init(CIDR(base: base, prefix: prefix))
        }

        private init(first: IPAddress, last: IPAddress) {
            self.first = first
            self.last = last
        }

        init(_ block: CIDR) {
            let hostBits = block.base.family.bits - block.prefix
            let ones = hostBits >= 128 ? UInt128.max : (UInt128(1) << UInt128(hostBits)) - 1
            self.init(
                first: block.base, last: IPAddress(family: block.base.family, value: block.base.value | ones))
        }

        func contains(_ address: IPAddress) -> Bool {
            address.family == first.family && first <= address && address <= last
        }

        func overlaps(_ other: Range) -> Bool { contains(other.first) || other.contains(first) }

        var description: String { first == last ? "\(first)" : "\(first)-\(last)" }
    }

    /// `range-global`, `cidr-NAMESPACE`.
    let key: String
    let place: Place
    let ranges: [Range]
    /// Parts that are no range.
    let broken: [String]

    /// The pools of a manifest; none if it is not that ConfigMap.
    static func pools(_ manifest: Manifest) -> [AddressPool] {
        guard manifest.kind == "ConfigMap", manifest.name == "kubevip" else { return [] }
        return (manifest.tree["data"]?.entries ?? []).compactMap { entry in
            guard entry.key.hasPrefix("cidr-") || entry.key.hasPrefix("range-"), let text = entry.value.text else {
                return nil
            }
            let parts = text.split(separator: ",").map(\.trimmed).filter { !$0.isEmpty }
            // 0.0.0.0/32 means that DHCP gives the address.
            let read = parts.filter { $0 != "0.0.0.0/32" }.map { (text: $0, range: Range($0)) }
            return AddressPool(
                key: entry.key, place: entry.value.place, ranges: read.compactMap(\.range),
                broken: read.filter { $0.range == nil }.map(\.text))
        }
    }
}
