// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Holds a stream's bytes back until the start mark has passed, then lets everything through.
struct OutputGate {
    private let mark: [UInt8]
    private(set) var isOpen = false
    /// What came before the mark; a login shell's greeting, or sudo's complaint.
    private(set) var prefix: [UInt8] = []
    private static let longestPrefix = 65536

    init(mark: String) { self.mark = Array("\(mark)\n".utf8) }

    /// The part of `bytes` that belongs to the script.
    mutating func pass(_ bytes: UnsafeRawBufferPointer) -> ArraySlice<UInt8> {
        if isOpen { return Array(bytes)[...] }
        prefix += bytes
        guard let end = firstEnd(of: mark, in: prefix) else {
            if prefix.count > OutputGate.longestPrefix {
                prefix.removeFirst(prefix.count - OutputGate.longestPrefix / 2)
            }
            return []
        }
        isOpen = true
        let rest = prefix[end...]
        prefix.removeSubrange((end - mark.count)...)
        return rest
    }

    var prefixText: String { String(decoding: prefix, as: UTF8.self) }

    private func firstEnd(of mark: [UInt8], in bytes: [UInt8]) -> Int? {
        guard bytes.count >= mark.count else { return nil }
        let start = (0...(bytes.count - mark.count)).first { bytes[$0] == mark[0] && bytes[$0...].starts(with: mark) }
        return start.map { $0 + mark.count }
    }
}
