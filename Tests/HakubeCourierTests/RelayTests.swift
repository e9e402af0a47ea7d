// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
@testable import HakubeCourier
import HakubeTestSupport
import Testing

/// Real couriers in a row, each fetching from the one before.
@Suite(.enabled(if: CourierRun.isBuilt, "scripts/courier.sh builds the program beside the tests"))
struct RelayTests {
    private let scratch: ScratchFolder
    private let parcels = [
        Parcel("big", Parcel.noise(3_000_000), mode: "755"), Parcel("packed", Parcel.noise(900_000, seed: 2), .zstd),
        Parcel("SHA256SUMS", [1, 2, 3]),
    ]

    init() throws { scratch = try ScratchFolder() }

    private func courier(_ name: String, _ parcels: [Parcel]? = nil) async throws -> CourierRun {
        let courier = try CourierRun(stage: scratch.place(name))
        try await courier.list(parcels ?? self.parcels)
        return courier
    }

    private func expectAll(_ name: String) throws {
        for parcel in parcels { #expect(try scratch.bytes(of: "\(name)/\(parcel.path)") == parcel.content) }
    }

    /// Lets `child` fetch group 0 from `parent`.
    private func link(_ child: CourierRun, to parent: CourierRun, _ number: Int) async throws {
        let mark = parent.lines.count
        try parent.order("listen 127.0.0.1")
        let port = try await parent.numbers("listening", after: mark)[0]
        try parent.order("admit \(number) \(TestPeer.keyHex)")
        try await parent.line("admitted \(number)")
        try child.order("pull 0 \(number) 127.0.0.1 \(port) \(TestPeer.keyHex)")
    }

    @Test func `a chain of three passes on what it gets while it gets it`() async throws {
        let chain = [try await courier("a"), try await courier("b"), try await courier("c")]
        // Linked from the end, before there is anything to pass on.
        try await link(chain[2], to: chain[1], 12)
        try await link(chain[1], to: chain[0], 11)
        try chain[0].order("pull 0 operator")
        try await chain[0].line("wanted 0")
        try chain[0].data(0, parcels[0].wire.prefix(1_500_000))
        // Half of a file is with the last host while the first has no more than that.
        try await chain[2].line("at 0 0 1500000")
        try await chain[0].line("backlog 11 0 1500000")
        try chain[0].data(0, from: 1_500_000, parcels[0].wire.dropFirst(1_500_000))
        for index in 1..<3 { try chain[0].data(index, parcels[index].wire) }
        for (index, name) in ["a", "b", "c"].enumerated() {
            try await chain[index].done(parcels.indices)
            try expectAll(name)
        }
        for courier in chain { #expect(try await courier.finish() == 0) }
        #expect(scratch.files.count == 9)
    }

    @Test func `a host whose parent dies goes on from another, without a byte anew`() async throws {
        let (first, second, third) = (try await courier("a"), try await courier("b"), try await courier("c"))
        try await link(second, to: first, 1)
        try await link(third, to: second, 2)
        try first.order("pull 0 operator")
        try await first.line("wanted 0")
        try first.data(0, parcels[0].wire.prefix(2_000_000))
        try await third.line("at 0 0 2000000")
        second.kill(SIGKILL)
        try await third.line("lost 0 2 closed")
        try await link(third, to: first, 3)
        try first.data(0, from: 2_000_000, parcels[0].wire.dropFirst(2_000_000))
        for index in 1..<3 { try first.data(index, parcels[index].wire) }
        try await third.done(parcels.indices)
        try expectAll("c")
        let total = parcels.reduce(0) { $0 + $1.wire.count }
        let last = try #require(third.lines.last { $0.hasPrefix("at ") })
        #expect(last.hasSuffix(" \(total)") || !last.hasPrefix("at 0 2 3"))
        let sent = first.lines.filter { $0.hasPrefix("backlog 3 ") }.compactMap { $0.split(separator: " ").last }
        #expect(sent.allSatisfy { Int($0) ?? .max <= total - 2_000_000 })
    }

    @Test func `another source may be ordered while one sends`() async throws {
        let (first, second) = (try await courier("a"), try await courier("b"))
        try await first.feed(parcels)
        try await first.done(parcels.indices)
        try second.order("pull 0 operator")
        try await second.line("wanted 0")
        try second.data(0, parcels[0].wire.prefix(1_000_000))
        try await link(second, to: first, 1)
        // Under way from the operator, who is not the source any more.
        try second.data(0, from: 1_000_000, [UInt8](repeating: 0, count: 1000))
        try await second.done(parcels.indices)
        try expectAll("b")
        #expect(!second.lines.contains { $0.hasPrefix("bad") || $0.hasPrefix("lost") })
    }

    @Test func `wrong bytes of the operator are bad on every host, and both are mended`() async throws {
        let (first, second) = (try await courier("a"), try await courier("b"))
        try await link(second, to: first, 1)
        var wrong = parcels[0].wire
        wrong[2_900_000] ^= 1
        try first.order("pull 0 operator")
        try await first.line("wanted 0")
        try first.data(0, wrong)
        try await first.line("bad 0 operator \(Parcel.hex(wrong))")
        try await second.line("bad 0 1")
        for index in 1..<3 { try first.data(index, parcels[index].wire) }
        let mark = first.lines.count
        try first.order("pull 0 operator")
        try await first.line("want 0 0 0", after: mark)
        try first.data(0, parcels[0].wire)
        try await first.done(parcels.indices)
        try await link(second, to: first, 2)
        try await second.done(parcels.indices)
        try expectAll("b")
    }

    @Test func `what a host has in another form only, it cannot give`() async throws {
        let second = try await courier("b")
        let packed = [Parcel("packed", parcels[1].content, .raw)]
        let other = try await courier("c", packed)
        try await other.feed(packed)
        try await other.done([0])
        try await link(second, to: other, 1)
        try await second.line("lost 0 1 cannot 0")
    }

    @Test func `a child that is expelled is cut off and can not come back`() async throws {
        let (first, second) = (try await courier("a"), try await courier("b"))
        try await link(second, to: first, 1)
        try await first.line("backlog 1 0 0")
        try first.order("expel 1")
        try await second.line("lost 0 1 closed")
        let port = try await first.numbers("listening")[0]
        try second.order("pull 0 1 127.0.0.1 \(port) \(TestPeer.keyHex)")
        try await second.line("lost 0 1 key")
    }

    @Test func `a listener that cannot be opened is told, and the courier goes on`() async throws {
        let courier = try await courier("a")
        try courier.order("listen 192.0.2.1")
        try await courier.line("deaf address-not-here")
        try courier.order("listen nowhere")
        try await courier.line("deaf not-an-address")
        try courier.order("listen ::1")
        try await courier.line("listening")
    }
}
