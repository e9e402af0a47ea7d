// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The files that a host gets, each of which can be sent by itself and from any of its bytes on.
package protocol Shipment: Sendable {
    /// In the order in which they are sent. SHA256SUMS is the last: a host that has it has all.
    var items: [ShipmentItem] { get }

    /// The bytes of an item as they travel, from an offset in them on.
    func cursor(of item: ShipmentItem, from offset: Int) throws -> any ShipmentCursor

    /// These files as a tar stream, unpacked, for a host that has nothing but tar.
    func tar(of items: [ShipmentItem]) -> any ByteSource
}

/// Reads bytes in order, once. It belongs to the thread that made it.
package protocol ShipmentCursor {
    /// At most so many bytes; none at the end.
    mutating func next(upTo count: Int) throws -> [UInt8]
}

/// One file of a shipment. Two items with the same path and digest are the same, whatever shipment they are in.
package struct ShipmentItem: Sendable, Hashable {
    /// How a file travels.
    package enum Form: String, Sendable, Hashable {
        /// As it is.
        case raw
        /// One zstd frame that unpacks to a ustar entry: a header of 512 bytes, the content, zeros up to the next 512.
        case zstd
    }

    /// Relative to the folder it goes to.
    package let path: String
    /// Permission bits.
    package let mode: Int
    /// Of the content, in bytes.
    package let size: Int
    /// Of the content, 64 hexadecimal digits.
    package let sha256: String
    package let form: Form
    /// How many bytes travel.
    package let wire: Int

    package init(path: String, mode: Int, size: Int, sha256: String, form: Form, wire: Int) {
        self.path = path
        self.mode = mode
        self.size = size
        self.sha256 = sha256
        self.form = form
        self.wire = wire
    }
}
