// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What comes on standard input: `kind: UInt8, length: UInt32 big endian`, then so many bytes.
package enum Frame {
    case orders(length: Int)
    /// `length` counts the content alone, without the 12 bytes of `DataPlace` before it.
    case data(length: Int)

    package static let headSize = 5
    /// Orders of a whole bundle go in one frame; no bundle has a list this long.
    package static let longestOrders = 4 << 20
    package static let longestData = 256 << 10

    /// - Parameter head: 5 bytes.
    package init(_ head: [UInt8]) throws(Fault) {
        let length = Int(head.withUnsafeBytes { BigEndian.uint32($0, at: 1) })
        switch head[0] {
        case 0x54:
            guard length <= Self.longestOrders else { throw .input("orders-too-long") }
            self = .orders(length: length)
        case 0x44:
            guard length >= DataPlace.size else { throw .input("data-too-short") }
            guard length <= Self.longestData + DataPlace.size else { throw .input("data-too-long") }
            self = .data(length: length - DataPlace.size)
        default: throw .input("unknown-frame")
        }
    }
}

/// Where the bytes of a data frame belong.
package struct DataPlace {
    package static let size = 12

    package let index: Int
    package let offset: UInt64

    /// - Parameter head: 12 bytes.
    package init(_ head: [UInt8]) {
        index = Int(head.withUnsafeBytes { BigEndian.uint32($0, at: 0) })
        offset = head.withUnsafeBytes { BigEndian.uint64($0, at: 4) }
    }
}

/// Numbers on the wire.
package enum BigEndian {
    static func uint32(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt32 {
        UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    static func uint64(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    package static func put(_ number: UInt32, into bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    package static func put(_ number: UInt64, into bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
