// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeTransport

/// Bytes of any length that are the same every time and differ from block to block.
package struct PatternSource: ByteSource {
    package let byteCount: Int
    private static let blockSize = 256 << 10

    package init(byteCount: Int) { self.byteCount = byteCount }

    package func read(into consume: (UnsafeRawBufferPointer) throws -> Void) throws {
        var block = (0..<PatternSource.blockSize).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        var sent = 0
        while sent < byteCount {
            // The offset stands at the start of each block, so that a lost or doubled block shows.
            for index in 0..<8 { block[index] = UInt8(truncatingIfNeeded: sent >> (8 * index)) }
            let count = min(byteCount - sent, block.count)
            try block.withUnsafeBytes { try consume(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            sent += count
        }
    }
}
