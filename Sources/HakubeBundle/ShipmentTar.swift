// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeTransport

/// A plain tar stream of items. Each call of `read` decompresses what is asked for and skips the rest; it holds a few blocks
/// in memory.
struct ShipmentTar: ByteSource {
    let file: BundleFile
    let entries: [(item: ShipmentItem, place: RoleShipment.Place)]

    /// Exact, from the items alone.
    var byteCount: Int { entries.reduce(TarHeader.trailer.count) { $0 + TarHeader.entrySize($1.item.size) } }

    /// - Throws: `BundleError` if the file is not what its manifest says (what follows is not sent then), or what `consume`
    ///   throws.
    func read(into consume: (UnsafeRawBufferPointer) throws -> Void) throws {
        for (item, place) in entries {
            try TarHeader(path: item.path, mode: item.mode, size: item.size).block.withUnsafeBytes(consume)
            switch place {
            case .frame(let frame): try frame.entry(of: file).read(consume)
            case .made(let bytes): try bytes.withUnsafeBytes(consume)
            }
            let padding = TarHeader.padding(after: item.size)
            if padding > 0 { try [UInt8](repeating: 0, count: padding).withUnsafeBytes(consume) }
        }
        try TarHeader.trailer.withUnsafeBytes(consume)
    }
}
