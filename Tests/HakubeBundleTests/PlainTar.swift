// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

@testable import HakubeBundle

/// A plain tar stream taken apart.
struct PlainTar {
    let entries: [(header: TarHeader, content: [UInt8])]

    init(_ tar: [UInt8]) {
        var rest = tar[...]
        var entries: [(header: TarHeader, content: [UInt8])] = []
        while let header = TarHeader(block: Array(rest.prefix(TarHeader.byteCount))) {
            rest = rest.dropFirst(TarHeader.byteCount)
            entries.append((header, Array(rest.prefix(header.size))))
            rest = rest.dropFirst(TarHeader.entrySize(header.size) - TarHeader.byteCount)
        }
        self.entries = entries
    }
}
