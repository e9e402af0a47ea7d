// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCourier
import Crypto
import FuzzSupport

/// A file as the operator sends it.
struct Parcel {
    enum Form: String, CaseIterable { case raw, zstd }

    let path: String
    let content: [UInt8]
    let form: Form
    let mode: String
    /// The wire form.
    let wire: [UInt8]
    /// What the operator says the content is.
    let digest: String
    private let size: Int

    /// - Parameters:
    ///   - claiming: another content, whose digest and size are given out as this one's.
    ///   - wire: other bytes than the content makes.
    init(
        _ path: String, _ content: [UInt8], _ form: Form = .raw, mode: String = "644", claiming: [UInt8]? = nil,
        wire: [UInt8]? = nil
    ) {
        self.path = path
        self.content = content
        self.form = form
        self.mode = mode
        self.wire = wire ?? (form == .raw ? content : Self.packed(content))
        digest = Self.hex(claiming ?? content)
        size = (claiming ?? content).count
    }

    func order(_ index: Int) -> String {
        "item \(index) \(form.rawValue) \(mode) \(size) \(wire.count) \(digest) \(path)"
    }

    /// Bytes that zstd cannot shorten, the same ones for the same seed.
    static func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var generator = Generator(seed: seed)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count { withUnsafeBytes(of: generator.next()) { bytes.append(contentsOf: $0) } }
        return Array(bytes.prefix(count))
    }

    static func hex(_ content: [UInt8]) -> String {
        SHA256.hash(data: content).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    /// One frame of a ustar entry. The header's fields are of no importance to the courier.
    static func packed(_ content: [UInt8]) -> [UInt8] {
        let padding = (512 - content.count % 512) % 512
        return frame([UInt8](repeating: 0x68, count: 512) + content + [UInt8](repeating: 0, count: padding))
    }

    static func frame(_ bytes: [UInt8]) -> [UInt8] {
        var room = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
        let count = ZSTD_compress(&room, room.count, bytes, bytes.count, 1)
        return Array(room.prefix(count))
    }
}
