// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// A path on the host: bytes as the operator sent them, whatever encoding they are in.
package struct HostFile: Equatable {
    /// Ends with a zero, for C.
    let characters: [CChar]

    package enum Kind { case absolute, insideStage }

    /// `nil` for what leads out of the stage or has no meaning: empty parts, `.`, `..`, a zero, names that are too long,
    /// and inside the stage the folder of unfinished files.
    package init?(_ path: ArraySlice<UInt8>, _ kind: Kind) {
        guard !path.isEmpty, path.count < 4096, !path.contains(0) else { return nil }
        switch kind {
        case .absolute: guard path.first == 0x2f, path.count > 1 else { return nil }
        case .insideStage: guard path.first != 0x2f else { return nil }
        }
        let names = path.drop { $0 == 0x2f }.split(separator: 0x2f, omittingEmptySubsequences: false)
        for name in names {
            guard (1...255).contains(name.count), !Self.isDots(name) else { return nil }
        }
        if kind == .insideStage, let first = names.first, Self.holds(first, ".wire") { return nil }
        characters = path.map { CChar(truncatingIfNeeded: $0) } + [0]
    }

    init(_ name: StaticString) {
        let letters = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        characters = letters.map { CChar(truncatingIfNeeded: $0) } + [0]
    }

    /// `BASE.WORD`, such as the name of a log.
    init(_ base: [UInt8], number: Int, _ ending: StaticString) {
        var line = base
        if number > 1 {
            line.append(0x2e)
            line.append(contentsOf: Line.digits(UInt64(number)))
        }
        line.append(contentsOf: UnsafeBufferPointer(start: ending.utf8Start, count: ending.utf8CodeUnitCount))
        characters = line.map { CChar(truncatingIfNeeded: $0) } + [0]
    }

    package var bytes: [UInt8] { characters.dropLast().map { UInt8(truncatingIfNeeded: $0) } }

    /// The names between the slashes, each ending with a zero.
    var names: [[CChar]] { characters.dropLast().split(separator: 0x2f).map { Array($0) + [0] } }

    /// The file that proves the whole stage: `sha256sum -c` reads it.
    var isProof: Bool { Self.holds(bytes[...], "SHA256SUMS") }

    private static func isDots(_ name: ArraySlice<UInt8>) -> Bool { holds(name, ".") || holds(name, "..") }

    private static func holds(_ name: ArraySlice<UInt8>, _ word: StaticString) -> Bool {
        name.elementsEqual(UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }
}
