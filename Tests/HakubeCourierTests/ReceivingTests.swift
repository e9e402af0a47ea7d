// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
@testable import HakubeCourier
import HakubeTestSupport
import Testing

/// One host, fed by the operator.
@Suite(.enabled(if: CourierRun.isBuilt, "scripts/courier.sh builds the program beside the tests"))
struct ReceivingTests {
    private let scratch: ScratchFolder
    private let stage: String

    init() throws {
        scratch = try ScratchFolder()
        stage = scratch.place("id/stage")
    }

    private static let parcels = [
        Parcel("bin/kubelet", Parcel.noise(700_001), mode: "755"),
        Parcel("images/blobs/sha256/a", Array(String(repeating: "layer ", count: 90_000).utf8), .zstd),
        Parcel("images/blobs/sha256/b", Parcel.noise(300_000, seed: 2), .zstd, mode: "600"),
        Parcel("empty", []), Parcel("empty as a frame", [], .zstd), Parcel("empty twice", []),
        Parcel("SHA256SUMS", Array("sums".utf8)),
    ]

    private func content(_ path: String) -> [UInt8]? { try? scratch.bytes(of: "id/stage/\(path)") }

    private func expectAll(_ parcels: [Parcel]) throws {
        for parcel in parcels {
            #expect(content(parcel.path) == parcel.content, "\(parcel.path)")
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(stage)/\(parcel.path)")
            #expect(attributes[.posixPermissions] as? Int == Int(parcel.mode, radix: 8))
        }
        #expect(scratch.files.count == parcels.count)
    }

    @Test func `both wire forms arrive in place with their modes, and nothing else is left`() async throws {
        let courier = try CourierRun(stage: stage)
        try await courier.list(Self.parcels)
        try await courier.feed(Self.parcels)
        try await courier.done(Self.parcels.indices)
        #expect(try await courier.finish() == 0)
        try expectAll(Self.parcels)
        #expect(courier.lines.first == "courier 1")
    }

    @Test func `the proof is put in place after all others, even if it comes first`() async throws {
        let parcels = [Parcel("SHA256SUMS", [1, 2]), Parcel("a", Parcel.noise(1000))]
        let courier = try CourierRun(stage: stage)
        try await courier.list(parcels)
        try courier.order("pull 0 operator")
        try await courier.line("wanted")
        try courier.data(0, parcels[0].wire)
        try courier.order("finish")
        try await courier.line("missing 2")
        #expect(content("SHA256SUMS") == nil)
        try courier.data(1, parcels[1].wire)
        try await courier.done([1, 0])
        let reported = courier.lines.filter { $0.hasPrefix("done") }
        #expect(reported == ["done 1", "done 0"])
    }

    @Test(arguments: Parcel.Form.allCases)
    func `what came before a cut is not sent again`(_ form: Parcel.Form) async throws {
        let parcels = [Parcel("big", Parcel.noise(3_000_000), form), Parcel("SHA256SUMS", [1])]
        let wire = parcels[0].wire
        let first = try CourierRun(stage: stage)
        try await first.list(parcels)
        try first.order("pull 0 operator")
        try await first.line("wanted")
        try first.data(0, wire.prefix(2_000_000))
        try await first.line("at 0 0 2000000")
        await first.cut()

        let second = try CourierRun(stage: stage)
        try await second.list(parcels)
        #expect(second.lines.contains("part 0 2000000"))
        try await second.feed(parcels)
        #expect(second.lines.contains("want 0 0 2000000"))
        try await second.done(0..<2)
        #expect(try await second.finish() == 0)
        try expectAll(parcels)

        let third = try CourierRun(stage: stage)
        try await third.list(parcels)
        #expect(third.lines.contains(form == .raw ? "holds 0 wire" : "holds 0 plain"))
        #expect(third.lines.contains("holds 1 wire"))
        try third.order("pull 0 operator")
        try await third.line("wanted 0")
        #expect(!third.lines.contains { $0.hasPrefix("want ") })
    }

    @Test(arguments: Parcel.Form.allCases)
    func `a part that was damaged on disk is thrown away and fetched anew`(_ form: Parcel.Form) async throws {
        let parcels = [Parcel("big", Parcel.noise(600_000), form)]
        var part = Array(parcels[0].wire.prefix(400_000))
        part[200_000] ^= 1
        try scratch.write(part, to: "id/stage/.wire/\(parcels[0].digest).\(form.rawValue)")
        let courier = try CourierRun(stage: stage)
        try await courier.list(parcels)
        try await courier.feed(parcels)
        try await courier.line("bad 0 parts")
        try await courier.feed(parcels)
        try await courier.done([0])
        #expect(try await courier.finish() == 0)
        try expectAll(parcels)
    }

    @Test func `a part that is longer than all of the item is not believed`() async throws {
        let parcels = [Parcel("a", Parcel.noise(1000))]
        try scratch.write(parcels[0].content + [0], to: "id/stage/.wire/\(parcels[0].digest).raw")
        let courier = try CourierRun(stage: stage)
        try await courier.list(parcels)
        #expect(!courier.lines.contains { $0.hasPrefix("part") })
        try await courier.feed(parcels)
        try await courier.done([0])
    }

    @Test func `a complete part is verified without a byte from anybody`() async throws {
        let parcels = [Parcel("a", Parcel.noise(1000), .zstd)]
        try scratch.write(parcels[0].wire, to: "id/stage/.wire/\(parcels[0].digest).zstd")
        let courier = try CourierRun(stage: stage)
        try await courier.list(parcels)
        try courier.order("pull 0 operator")
        try await courier.line("wanted 0")
        try await courier.done([0])
        #expect(!courier.lines.contains { $0.hasPrefix("want ") })
    }

    @Test func `files in place are held, and one with other content is replaced`() async throws {
        try scratch.write(Self.parcels[0].content, to: "id/stage/bin/kubelet")
        try scratch.write("something else", to: "id/stage/images/blobs/sha256/a")
        try scratch.write(Self.parcels[6].content, to: "id/stage/SHA256SUMS")
        let courier = try CourierRun(stage: stage)
        try await courier.list(Self.parcels)
        #expect(courier.lines.filter { $0.hasPrefix("holds") } == ["holds 0 wire"])
        // It would prove a stage that is not whole.
        #expect(content("SHA256SUMS") == nil)
        try await courier.feed(Self.parcels)
        try await courier.done(1..<7)
        #expect(try await courier.finish() == 0)
        try expectAll(Self.parcels)
    }

    @Test func `a file elsewhere on the host is taken only if its content is right`() async throws {
        let parcels = [
            Parcel("a", Parcel.noise(500_000), .zstd, mode: "755"), Parcel("b", Parcel.noise(1000, seed: 3)),
        ]
        try scratch.write(parcels[0].content, to: "elsewhere/right")
        try scratch.write(Parcel.noise(1000, seed: 4), to: "elsewhere/wrong")
        mkfifo(scratch.place("elsewhere/pipe"), 0o600)
        symlink("right", scratch.place("elsewhere/link"))
        let courier = try CourierRun(stage: stage)
        let names =
            ["0 \(scratch.place("elsewhere/pipe"))", "0 \(scratch.place("elsewhere/none"))"]
            + ["0 \(scratch.place("elsewhere/link"))", "1 \(scratch.place("elsewhere/wrong"))"]
        try await courier.list(parcels, candidates: names.map { "candidate \($0)" })
        #expect(courier.lines.filter { $0.hasPrefix("holds") } == ["holds 0 plain"])
        try await courier.feed(parcels)
        try await courier.done([1])
        #expect(try await courier.finish() == 0)
        #expect(content("a") == parcels[0].content && content("b") == parcels[1].content)
        #expect(try scratch.bytes(of: "elsewhere/right") == parcels[0].content)
    }

    @Test func `a source that is stopped is not taken from beyond what is under way`() async throws {
        let parcels = [Parcel("a", Parcel.noise(1000))]
        let courier = try CourierRun(stage: stage)
        try await courier.list(parcels)
        try courier.order("pull 0 operator")
        try courier.data(0, parcels[0].wire.prefix(400))
        try courier.order("stop 0")
        try await courier.line("stopped 0")
        // The first fits at the end, the second does not.
        try courier.data(0, from: 400, parcels[0].wire[400..<500])
        try courier.data(0, from: 600, parcels[0].wire[600..<700])
        let mark = courier.lines.count
        try courier.order("pull 0 operator")
        try await courier.line("want 0 0 500", after: mark)
        // A second order while one runs begins where things are.
        try courier.data(0, from: 500, parcels[0].wire[500..<600])
        let next = courier.lines.count
        try await courier.feed(parcels)
        #expect(courier.lines.dropFirst(next).contains("want 0 0 600"))
        try await courier.done([0])
        #expect(content("a") == parcels[0].content)
    }

    @Test func `data that overlaps what is here is taken from there on`() async throws {
        let parcels = [Parcel("a", Parcel.noise(1000))]
        let courier = try CourierRun(stage: stage)
        try await courier.list(parcels)
        try courier.order("pull 0 operator")
        try courier.data(0, parcels[0].wire.prefix(400))
        // Asked for before those came: 0 was all that was known.
        try courier.data(0, parcels[0].wire.prefix(300))
        try courier.data(0, parcels[0].wire)
        try await courier.done([0])
        #expect(content("a") == parcels[0].content)
    }

    @Test func `nothing is looked for while something comes`() async throws {
        let courier = try CourierRun(stage: stage)
        try await courier.list([Parcel("a", [1, 2])])
        try courier.order("group 3 ", "pull 0 operator", "look")
        try await courier.line("error input look-while-pulling")
    }

    @Test func `the end of the operator is the end of the courier, and of its listener`() async throws {
        let courier = try CourierRun(stage: stage)
        try courier.order("listen 127.0.0.1")
        let port = try await courier.numbers("listening")[0]
        #expect(TestPeer.canConnect(to: port))
        let start = ContinuousClock.now
        courier.endInput()
        #expect(await courier.status() == 3)
        #expect(start.duration(to: .now) < .seconds(20))
        #expect(!TestPeer.canConnect(to: port))
    }

    @Test func `it takes its own file away first when told to`() async throws {
        let copy = scratch.place("hakube-courier")
        // By a process of its own: a file that this one wrote cannot be started while another test's child still has it open.
        #expect(try await ProgramRun.run("/bin/cp", [CourierRun.program, copy]).status == 0)
        let kept = try CourierRun(stage: nil, program: copy)
        try await kept.line("courier 1")
        #expect(scratch.has("hakube-courier"))
        let courier = try CourierRun(stage: stage, program: copy, arguments: ["serve", "--remove"])
        try await courier.line("courier 1")
        #expect(!scratch.has("hakube-courier"))
        #expect(FileManager.default.isExecutableFile(atPath: CourierRun.program))
    }

    @Test func `what it does not understand as an argument it refuses`() async throws {
        #expect(await (try CourierRun(stage: nil, arguments: ["--help"])).status() == 2)
        #expect(await (try CourierRun(stage: nil, arguments: ["serve", "x"])).status() == 2)
    }
}
