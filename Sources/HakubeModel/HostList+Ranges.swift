// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

extension HostList {
    /// Every address from `first` to `end`, which is an address or the last number of an IPv4 address.
    mutating func range(from first: IPAddress, to end: String, of item: String) -> [IPAddress]? {
        guard let last = IPAddress(end) ?? first.inSameNetwork(end) else {
            let remedy =
                first.family == .v4
                ? "write it as \(first)-\(first.value & 0xff) or with a whole address after the dash"
                : "write a whole address after the dash: \(first)-\(first)"
            refuse("the range \(item) has no valid end", remedy)
            return nil
        }
        guard last.family == first.family else {
            refuse(
                "the range \(item) starts with \(first.family.rawValue) and ends with \(last.family.rawValue)",
                "write both ends in one family")
            return nil
        }
        guard first.value <= last.value else {
            refuse("the range \(item) ends before it starts", "write \(last)-\(first)")
            return nil
        }
        guard last.value - first.value < UInt128(Self.maximum) else {
            let size = last.value - first.value
            let count = size < 1 << 64 ? "\(size + 1)" : "more than 2^64"
            refuse("the range \(item) stands for \(count) hosts", "write at most \(Self.maximum) hosts in one range")
            return nil
        }
        return (first.value...last.value).map { IPAddress(family: first.family, value: $0) }
    }
}

extension IPAddress {
    /// `10.0.0.1-3`: the number replaces the last octet. IPv6 has no short form: `-10` could be meant in hex or not.
    func inSameNetwork(_ end: String) -> IPAddress? {
        guard family == .v4, (1...3).contains(end.utf8.count), let octet = UInt8(end), !end.hasPrefix("+") else {
            return nil
        }
        return IPAddress(family: .v4, value: (value & ~0xff) | UInt128(octet))
    }
}
