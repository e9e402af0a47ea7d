// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto
package import HakubeTransport

/// Files in memory, sent as they are. Its tar is no tar: the contents of the files one after another.
package struct MemoryShipment: Shipment {
    package let items: [ShipmentItem]
    private let contents: [String: [UInt8]]

    /// - Parameter files: in the order in which they are sent.
    package init(_ files: [(path: String, bytes: [UInt8])]) {
        contents = Dictionary(files.map { ($0.path, $0.bytes) }) { $1 }
        items = files.map { path, bytes in
            ShipmentItem(
                path: path, mode: 0o644, size: bytes.count, sha256: Self.digest(bytes), form: .raw, wire: bytes.count)
        }
    }

    /// One file with a text.
    package init(_ text: String, path: String = "SHA256SUMS") { self.init([(path, Array(text.utf8))]) }

    package static func digest(_ bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).reduce(into: "") { text, byte in
            text += String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }
    }

    package func cursor(of item: ShipmentItem, from offset: Int) -> any ShipmentCursor {
        Cursor(rest: (contents[item.path] ?? []).dropFirst(offset))
    }

    package func tar(of items: [ShipmentItem]) -> any ByteSource {
        Joined(bytes: items.flatMap { contents[$0.path] ?? [] })
    }

    private struct Cursor: ShipmentCursor {
        var rest: ArraySlice<UInt8>

        mutating func next(upTo count: Int) -> [UInt8] {
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
    }

    private struct Joined: ByteSource {
        let bytes: [UInt8]

        var byteCount: Int { bytes.count }

        func read(into consume: (UnsafeRawBufferPointer) throws -> Void) throws {
            try bytes.withUnsafeBytes { whole in
                for start in stride(from: 0, to: whole.count, by: 4 << 10) {
                    try consume(UnsafeRawBufferPointer(rebasing: whole[start..<min(start + 4 << 10, whole.count)]))
                }
            }
        }
    }
}
