// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Cuts a stream of bytes into lines; what a chunk leaves open waits for the next one.
struct LineSplitter {
    private var rest: [UInt8] = []

    mutating func add(_ bytes: some Collection<UInt8>, line: (String) -> Void) {
        var start = bytes.startIndex
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            rest.append(contentsOf: bytes[start..<end])
            line(String(decoding: rest, as: UTF8.self))
            rest.removeAll(keepingCapacity: true)
            start = bytes.index(after: end)
        }
        rest.append(contentsOf: bytes[start...])
    }

    /// The last line, if it did not end with a newline.
    mutating func finish(line: (String) -> Void) {
        guard !rest.isEmpty else { return }
        line(String(decoding: rest, as: UTF8.self))
        rest.removeAll()
    }
}
