// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// A tar put together entry by entry, honest or not (POSIX.1-1988 ustar).
struct TarBuilder {
    enum Kind: UInt8 {
        case file = 0x30
        case hardLink, link, characterDevice, blockDevice, folder, pipe
    }

    private(set) var bytes: [UInt8] = []

    /// - Parameter size: what the header says, where it lies.
    mutating func add(
        _ name: String, _ content: [UInt8] = [], kind: Kind = .file, target: String = "", size: Int? = nil,
        mode: Int = 0o644
    ) {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            for (index, byte) in text.utf8.prefix(100).enumerated() { block[offset + index] = byte }
        }
        func octal(_ value: Int, _ digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
        }
        put(name, at: 0)
        put(octal(mode, 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        put(octal(size ?? content.count, 11), at: 124)
        put(octal(0, 11), at: 136)
        put("        ", at: 148)
        block[156] = kind.rawValue
        put(target, at: 157)
        put("ustar", at: 257)
        put("00", at: 263)
        put(octal(block.reduce(0) { $0 + Int($1) }, 6) + "\0 ", at: 148)
        bytes += block + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    mutating func add(_ name: String, _ text: String, mode: Int = 0o644) { add(name, [UInt8](text.utf8), mode: mode) }

    /// With the two empty blocks that end an archive.
    var whole: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }
}

/// Bytes that do not compress, the same each time.
func noise(_ count: Int) -> [UInt8] {
    var state = UInt64(count) &* 0x9e37_79b9_7f4a_7c15 | 1
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 40)
    }
}
