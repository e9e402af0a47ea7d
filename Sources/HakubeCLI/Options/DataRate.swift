// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// A rate as people write it: 50MB, 50MB/s, 400Mbit, 1.5Gbit/s. Units are those of network gear: thousands, not 1024.
struct DataRate: Hashable {
    /// At least 1 kB: below it no SSH connection would stay alive.
    static let least = 1000
    private static let factors: [(suffix: String, bitsPerUnit: Double)] = [
        ("gbit", 1e9), ("mbit", 1e6), ("kbit", 1e3), ("gb", 8e9), ("mb", 8e6), ("kb", 8e3),
    ]

    let bytesPerSecond: Int

    /// - Returns: `nil` for what is no rate, or less than the least.
    init?(_ text: String) {
        var number = text.lowercased().filter { $0 != " " }[...]
        for ending in ["/s", "ps"] where number.hasSuffix(ending) {
            number = number.dropLast(2)
            break
        }
        guard let unit = Self.factors.first(where: { number.hasSuffix($0.suffix) }),
            let value = Double(number.dropLast(unit.suffix.count)), value.isFinite
        else { return nil }
        let bytes = value * unit.bitsPerUnit / 8
        guard bytes >= Double(Self.least), bytes < 1e15 else { return nil }
        bytesPerSecond = Int(bytes)
    }
}
