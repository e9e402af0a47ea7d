// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

@testable import HakubeCourier
import Testing

/// What the decoders make of bytes, without a process.
struct ParsingTests {
    private func fault(_ line: String) -> String? {
        do throws(Fault) {
            _ = try Order(line: Array(line.utf8)[...])
            return nil
        } catch { return String(decoding: error.line.bytes, as: UTF8.self) }
    }

    private static let hex = String(repeating: "0f", count: 32)

    @Test(arguments: [
        ("item 1 raw 644 5 5 \(hex)", "path"), ("item 1 raw 644 5 6 \(hex) a", "raw-has-one-size"),
        ("item 1 gzip 644 5 5 \(hex) a", "unknown-form"), ("item 1 raw 648 5 5 \(hex) a", "not-a-number"),
        ("item 1 raw 77777 5 5 \(hex) a", "mode"), ("item 65536 raw 644 5 5 \(hex) a", "number-too-big"),
        ("item 1 raw 644 99999999999999999999 5 \(hex) a", "number-too-big"),
        ("item 1 raw 644 9000000000000000000 9000000000000000000 \(hex) a", "size"),
        ("item 1 raw 644 5 5 \(hex)0 a", "not-32-bytes-hex"),
        ("item 1 raw 644 5 5 \(hex.uppercased()) a", "not-32-bytes-hex"),
        ("item -1 raw 644 5 5 \(hex) a", "not-a-number"), ("item  1 raw 644 5 5 \(hex) a", "number-missing"),
        ("stage relative", "path"), ("stage /a/../b", "path"), ("stage /", "path"), ("candidate 1 b", "path"),
        ("group 1 1,,2", "number-missing"),
        ("admit 18446744073709551616 \(hex)", "number-too-big"),
        ("pull 1 2 10.0.0.1 0 \(hex)", "port"), ("pull 1 2 10.0.0.1 65536 \(hex)", "port"),
        ("pull 1 2  5 \(hex)", "address"),
        ("finish now", "words-after-order"), ("Look", "unknown-order"),
    ])
    func `a malformed order has a word for what is wrong`(_ line: String, _ word: String) {
        #expect(fault(line) == "error input \(word)")
    }

    @Test func `a path is the rest of the line, spaces and all`() throws {
        let order = try Order(line: Array("item 3 zstd 4755 6 7 \(Self.hex) a b/c  d".utf8)[...])
        guard case .item(3, let item) = order else {
            Issue.record("\(order)")
            return
        }
        #expect(item.form == .zstd && item.mode == 0o4755 && item.size == 6 && item.wire == 7)
        #expect(String(decoding: item.path.bytes, as: UTF8.self) == "a b/c  d")
        #expect(String(decoding: item.digest.hex, as: UTF8.self) == Self.hex)
    }

    @Test(arguments: [0, 1, 511, 512, 513, 100_000])
    func `a frame unpacks to its content, however it is cut`(_ size: Int) throws {
        let content = Parcel.noise(size)
        let wire = Parcel.packed(content)
        for step in [1, 7, 4096, wire.count] where size < 1000 || step > 100 {
            let unpacking = Unpacking(.zstd, size: UInt64(size))
            var got: [UInt8] = []
            for start in stride(from: 0, to: wire.count, by: step) {
                let isSound = try wire[start..<min(wire.count, start + step)].withUnsafeBytes { piece in
                    try unpacking.feed(piece) { (bytes) throws(Fault) in got += bytes }
                }
                #expect(isSound)
            }
            #expect(got == content)
            #expect(unpacking.end().map { String(decoding: $0.hex, as: UTF8.self) } == Parcel.hex(content))
        }
    }

    @Test func `no frame gives out more than was announced`() throws {
        let wire = Parcel.frame([UInt8](repeating: 1, count: 50_000_000))
        let unpacking = Unpacking(.zstd, size: 1000)
        var count = 0
        let isSound = try wire.withUnsafeBytes {
            try unpacking.feed($0) { (bytes) throws(Fault) in count += bytes.count }
        }
        #expect(!isSound && count <= 1000)
    }

    @Test func `a reader of the other direction cannot open what was sealed`() {
        let sealer = Sealer(TestPeer.key, .toChild)
        let sealed = sealer.seal([1, 2, 3])
        let chunk = Array(sealed.dropFirst(4))
        let wrong = Opener(TestPeer.key, .toParent, header: sealer.header)
        #expect(chunk.withUnsafeBytes { wrong.open($0) } == nil)
        let right = Opener(TestPeer.key, .toChild, header: sealer.header)
        #expect(chunk.withUnsafeBytes { right.open($0).map { Array($0) } } == [1, 2, 3])
        #expect(chunk.withUnsafeBytes { right.open($0) } == nil, "said twice")
    }
}
