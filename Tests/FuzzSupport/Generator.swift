// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Bytes that look almost right: valid documents, damaged by a seeded sequence of numbers (SplitMix64), so that every
/// input can be made again from its number.
package struct Generator: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    /// One of the seeds with up to eight wounds.
    package mutating func damaged(_ seeds: [[UInt8]]) -> [UInt8] {
        var bytes = seeds.randomElement(using: &self) ?? []
        for _ in 0...Int.random(in: 0..<8, using: &self) {
            let place = Int.random(in: 0...bytes.count, using: &self)
            switch Int.random(in: 0..<7, using: &self) {
            case 0: bytes.removeSubrange(place...)
            case 1: bytes.insert(UInt8.random(in: 0...255, using: &self), at: place)
            case 2 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            case 3 where place < bytes.count: bytes[place] = [0, 1, 0x7f, 0x80, 0xff].randomElement(using: &self) ?? 0
            case 4 where place < bytes.count: bytes.remove(at: place)
            case 5:
                // A piece of another seed.
                let other = seeds.randomElement(using: &self) ?? []
                let from = Int.random(in: 0...other.count, using: &self)
                bytes.insert(contentsOf: other[from..<Int.random(in: from...other.count, using: &self)], at: place)
            default:
                bytes += (0..<Int.random(in: 0..<24, using: &self)).map { _ in UInt8.random(in: 0...255, using: &self) }
            }
        }
        return bytes
    }
}
