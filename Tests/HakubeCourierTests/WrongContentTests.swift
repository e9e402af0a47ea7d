// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
@testable import HakubeCourier
import HakubeTestSupport
import Testing

/// Bytes from the operator that are not what they should be, and input that follows no protocol.
@Suite(.enabled(if: CourierRun.isBuilt, "scripts/courier.sh builds the program beside the tests"))
struct WrongContentTests {
    private let scratch: ScratchFolder
    private let stage: String

    init() throws {
        scratch = try ScratchFolder()
        stage = scratch.place("stage")
    }

    @Test func `wrong content is told with what it is, thrown away, and the others go on`() async throws {
        let (right, wrong) = (Parcel.noise(400_000), Parcel.noise(400_000, seed: 2))
        let parcels = [Parcel("a", wrong, claiming: right), Parcel("b", Parcel.noise(5000), .zstd)]
        let courier = try CourierRun(stage: stage)
        try await courier.list(parcels)
        try await courier.feed(parcels)
        try await courier.line("bad 0 operator \(Parcel.hex(wrong))")
        try await courier.done([1])
        #expect(!scratch.has("stage/a"))
        #expect(scratch.files == ["stage/.wire/\(parcels[1].digest).zstd", "stage/b"])
        try courier.order("finish")
        try await courier.line("missing 1")
        try await courier.feed([Parcel("a", right)])
        try await courier.done([0])
        #expect(try await courier.finish() == 0)
        #expect(try scratch.bytes(of: "stage/a") == right)
    }

    static let content = Array(String(repeating: "a line of text, ", count: 400).utf8)
    /// Frames that cannot become the content, all of them with its digest and size.
    static let frames: [(name: String, wire: [UInt8])] = [
        ("cut short", Array(Parcel.packed(content).dropLast(3))),
        ("no frame", Parcel.noise(900)),
        ("more content than announced", Parcel.packed(content + content)),
        ("much more than announced", Parcel.frame([UInt8](repeating: 0, count: 200_000_000))),
        ("less content than announced", Parcel.packed(Array(content.dropLast(600)))),
        ("without padding", Parcel.frame([UInt8](repeating: 0x68, count: 512) + content)),
        ("two frames", Parcel.packed(content) + Parcel.packed(content)),
        ("bytes behind the frame", Parcel.packed(content) + [0]),
        ("empty frame", Parcel.frame([])),
    ]

    @Test(arguments: frames.indices) func `a frame that is not the file's is bad and leaves nothing`(_ index: Int)
        async throws
    {
        let frame = Self.frames[index]
        let parcels = [Parcel("a", Self.content, .zstd, wire: frame.wire), Parcel("b", [7])]
        let courier = try CourierRun(stage: stage)
        try await courier.list(parcels)
        try await courier.feed(parcels)
        try await courier.line("bad 0 operator -")
        try await courier.done([1])
        #expect(scratch.files == ["stage/b"], "\(frame.name)")
    }

    /// What the courier says of it.
    static let malformed: [(String, UInt8, [UInt8])] = [
        ("unknown-frame", 0x58, []), ("data-too-short", 0x44, [1, 2, 3]),
        ("unknown-item", 0x44, [0, 0, 0, 9] + [UInt8](repeating: 0, count: 8) + [1]),
        ("data-past-the-end", 0x44, [UInt8](repeating: 0, count: 12) + [1, 2, 3, 4, 5]),
        ("data-past-the-end", 0x44, [0, 0, 0, 0] + [UInt8](repeating: 0xff, count: 8) + [1]),
        ("data-too-long", 0x44, [UInt8](repeating: 0, count: 262_144 + 13)),
        ("orders-too-long", 0x54, [UInt8](repeating: 0x61, count: 5 << 20)),
        ("line-without-end", 0x54, Array("look".utf8)), ("unknown-order", 0x54, Array("dance\n".utf8)),
        ("unknown-order", 0x54, [0x0a]), ("stage-twice", 0x54, Array("stage /tmp/x\n".utf8)),
        ("words-after-order", 0x54, Array("look here\n".utf8)),
        ("item-twice", 0x54, Array((Parcel("x", []).order(0) + "\n").utf8)),
        ("unknown-group", 0x54, Array("pull 3 operator\n".utf8)), ("unknown-group", 0x54, Array("stop 3\n".utf8)),
        ("unknown-item", 0x54, Array("group 1 5\n".utf8)), ("index-twice", 0x54, Array("group 1 0,0\n".utf8)),
        ("item-in-two-groups", 0x54, Array("group 1 0\n".utf8)),
    ]

    @Test(arguments: malformed.indices)
    func `input that follows no protocol ends it with a word for it`(_ index: Int) async throws {
        let (word, kind, payload) = Self.malformed[index]
        let courier = try CourierRun(stage: stage)
        try await courier.list([Parcel("a", [1, 2, 3, 4])])
        try? courier.frame(kind, payload)
        try await courier.line("error input \(word)")
        #expect(await courier.status() == 1)
    }

    @Test func `nothing but a stage may be the first order`() async throws {
        let early = try CourierRun(stage: nil)
        try early.order("look")
        try await early.line("error input order-before-stage")
        let data = try CourierRun(stage: nil)
        try data.data(0, [1])
        try await data.line("error input data-before-stage")
    }
}
