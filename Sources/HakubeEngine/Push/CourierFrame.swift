// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeTransport

/// What goes to a courier's standard input: kind (1 byte), length (4 bytes, big endian), payload.
enum CourierFrame {
    /// Bytes of an item in one frame; the courier takes no more.
    static let piece = 256 << 10

    /// Commands, one a line.
    static func text(_ lines: [String]) -> [UInt8] {
        let payload = Array(lines.map { "\($0)\n" }.joined().utf8)
        return [UInt8(ascii: "T")] + bigEndian(UInt32(payload.count)) + payload
    }

    static func data(item: Int, offset: Int, _ bytes: [UInt8]) -> [UInt8] {
        var frame: [UInt8] = []
        frame.reserveCapacity(bytes.count + 17)
        frame.append(UInt8(ascii: "D"))
        frame += bigEndian(UInt32(bytes.count + 12)) + bigEndian(UInt32(item)) + bigEndian(UInt64(offset)) + bytes
        return frame
    }

    private static func bigEndian(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}

extension ShipmentItem {
    /// `item INDEX FORM MODE SIZE WIRE SHA256 PATH`
    func command(_ index: Int) -> String {
        "item \(index) \(form.rawValue) \(String(mode, radix: 8)) \(size) \(wire) \(sha256) \(path)"
    }
}
