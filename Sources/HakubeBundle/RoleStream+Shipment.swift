// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
package import HakubeTransport

extension RoleStream: Shipment {
    package var items: [ShipmentItem] {
        let files = manifest.files(for: role, on: arch).map { file in
            file.path == ImageLayout.index
                ? made(file.stagePath, index)
                : ShipmentItem(
                    path: file.stagePath, mode: file.mode, size: file.size, sha256: file.sha256, form: .raw,
                    wire: file.size)
        }
        return files.filter { $0.path != ImageLayout.index } + files.filter { $0.path == ImageLayout.index }
            + [made(Self.sumsName, Array(sums.utf8))]
    }

    private func made(_ path: String, _ bytes: [UInt8]) -> ShipmentItem {
        ShipmentItem(
            path: path, mode: 0o644, size: bytes.count, sha256: Digest.hex(of: bytes), form: .raw, wire: bytes.count)
    }

    package func cursor(of item: ShipmentItem, from offset: Int) throws -> any ShipmentCursor {
        var bytes: [UInt8] = []
        switch item.path {
        case Self.sumsName: bytes = Array(sums.utf8)
        case ImageLayout.index: bytes = index
        default:
            let (file, head) = try bundle.open()
            let frame = head.frames.first { $0.file.stagePath == item.path && $0.file.sha256 == item.sha256 }
            try frame?.entry(of: file).read { bytes += $0 }
        }
        return Content(rest: bytes.dropFirst(offset))
    }

    package func tar(of items: [ShipmentItem]) -> any ByteSource {
        TarOfSome(stream: self, paths: Set(items.map(\.path)))
    }

    private struct Content: ShipmentCursor {
        var rest: ArraySlice<UInt8>

        mutating func next(upTo count: Int) -> [UInt8] {
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
    }

    private struct TarOfSome: ByteSource {
        let stream: RoleStream
        let paths: Set<String>

        var byteCount: Int {
            stream.items.filter { paths.contains($0.path) }.map { TarHeader.entrySize($0.size) }
                .reduce(TarHeader.trailer.count, +)
        }

        func read(into consume: (UnsafeRawBufferPointer) throws -> Void) throws {
            try stream.read(only: paths, into: consume)
        }
    }
}
