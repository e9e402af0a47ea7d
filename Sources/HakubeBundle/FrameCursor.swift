// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTransport

extension BundleHead.Frame {
    /// The frame's bytes in the form of the item, from `offset` of them on.
    ///
    /// - Throws: `BundleError`.
    func cursor(of item: ShipmentItem, in bundle: BundleFile, from offset: Int) throws -> any ShipmentCursor {
        switch (item.form, bundle.compression) {
        case (.zstd, _):
            return StoredCursor(bundle: bundle, name: file.path, range: start + offset..<start + file.stored)
        case (.raw, .none):
            let content = start + TarHeader.byteCount
            return StoredCursor(bundle: bundle, name: file.path, range: content + offset..<content + file.size)
        case (.raw, _):
            var cursor = ContentCursor(bundle: bundle, frame: self)
            try cursor.skip(offset)
            return cursor
        }
    }

    fileprivate func damage(_ reason: String, in bundle: BundleFile) -> BundleError {
        BundleError("\(bundle.path): \(file.path)", "its frame is damaged (\(reason))", Remedy.again)
    }
}

/// Bytes that were made and are in memory.
struct MadeCursor: ShipmentCursor {
    let bytes: [UInt8]
    var position: Int

    mutating func next(upTo count: Int) -> [UInt8] {
        defer { position = min(bytes.count, position + count) }
        return Array(bytes.dropFirst(position).prefix(count))
    }
}

/// A range of the bundle file as it is.
struct StoredCursor: ShipmentCursor {
    let bundle: BundleFile
    /// For faults.
    let name: String
    var range: Range<Int>

    /// - Throws: `BundleError`, also when the file has become shorter.
    mutating func next(upTo count: Int) throws -> [UInt8] {
        let wanted = min(count, range.count)
        let place = range.lowerBound
        let bytes = try [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
            filled = try bundle.read(at: place, into: UnsafeMutableRawBufferPointer(buffer))
        }
        guard bytes.count == wanted else {
            throw BundleError("\(bundle.path): \(name)", "the file ends in the middle of it", Remedy.again)
        }
        range = place + wanted..<range.upperBound
        return bytes
    }
}

/// The content of a frame that travels unpacked.
struct ContentCursor: ShipmentCursor {
    private let bundle: BundleFile
    private let frame: BundleHead.Frame
    private var input: FrameInput?
    /// What is left of the input's current block; stands until the next one is asked for.
    private var rest = UnsafeRawBufferPointer(start: nil, count: 0)
    private var left: Int

    init(bundle: BundleFile, frame: BundleHead.Frame) {
        self.bundle = bundle
        self.frame = frame
        left = frame.file.size
    }

    /// Bytes of content that need not be sent. They are unpacked all the same: a frame has no other way in.
    mutating func skip(_ count: Int) throws {
        guard left > 0 else { return }
        try take(TarHeader.byteCount) { _ in }
        try take(count) { _ in }
        left -= count
    }

    /// - Throws: `BundleError` for a frame that is damaged or ends early.
    mutating func next(upTo count: Int) throws -> [UInt8] {
        let wanted = min(count, left)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(wanted)
        try take(wanted) { bytes += $0 }
        left -= wanted
        return bytes
    }

    private mutating func take(_ count: Int, _ consume: (UnsafeRawBufferPointer) -> Void) throws {
        var missing = count
        do {
            while missing > 0 {
                if rest.isEmpty {
                    let input = try self.input ?? FrameInput(bundle, frame.start..<frame.start + frame.file.stored)
                    self.input = input
                    guard let block = try input.next() else { throw FrameInput.Damage(reason: "it ends early") }
                    rest = block
                }
                let taken = UnsafeRawBufferPointer(rebasing: rest.prefix(missing))
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(taken.count))
                missing -= taken.count
                consume(taken)
            }
        } catch let damage as FrameInput.Damage {
            throw frame.damage(damage.reason, in: bundle)
        }
    }
}
