// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Addresses of one family from the first to the last, both included.
package struct AddressRange: Sendable, Hashable {
    package let first: IPAddress
    package let last: IPAddress

    /// `nil` for two families, or for an end before the start.
    package init?(from first: IPAddress, to last: IPAddress) {
        guard first.family == last.family, first.value <= last.value else { return nil }
        self.first = first
        self.last = last
    }

    package init(_ block: CIDR) {
        let hostBits = block.base.family.bits - block.prefix
        let mask = hostBits >= 128 ? UInt128.max : (1 << UInt128(hostBits)) - 1
        first = block.base
        last = IPAddress(family: block.base.family, value: block.base.value | mask)
    }

    /// Reads an address, two with a dash between them, or a block; `nil` for all else.
    package init?(_ text: String) {
        if let block = CIDR(text) {
            self.init(block)
            return
        }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { IPAddress($0.trimmed) }
        guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1] else { return nil }
        self.init(from: first, to: last)
    }

    /// The fewest blocks that hold these addresses and no other.
    package var blocks: [CIDR] {
        var blocks: [CIDR] = []
        var next = first.value
        while true {
            // No larger than its start is even, and none beyond the end.
            var hostBits = min(next == 0 ? first.family.bits : next.trailingZeroBitCount, first.family.bits)
            while hostBits > 0, (hostBits >= 128 ? .max : (1 << UInt128(hostBits)) - 1) > last.value - next {
                hostBits -= 1
            }
            let base = IPAddress(family: first.family, value: next)
            blocks.append(CIDR(base: base, prefix: first.family.bits - hostBits))
            guard hostBits < 128, last.value - next >= 1 << UInt128(hostBits) else { return blocks }
            next += 1 << UInt128(hostBits)
        }
    }

    package func contains(_ address: IPAddress) -> Bool {
        address.family == first.family && (first.value...last.value).contains(address.value)
    }

    package func overlaps(_ other: AddressRange) -> Bool {
        first.family == other.first.family && first.value <= other.last.value && other.first.value <= last.value
    }

    /// Both ends, even where they are one address.
    package var ends: String { "\(first)-\(last)" }
}

extension AddressRange: CustomStringConvertible {
    package var description: String { first == last ? first.description : ends }
}
