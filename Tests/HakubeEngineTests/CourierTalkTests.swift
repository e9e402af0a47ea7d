// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
@testable import HakubeEngine
import HakubeModel
import HakubeTestSupport
import HakubeTransport
import Testing

/// The operator's side of the talk with a courier.
@Suite struct CourierTalkTests {
    @Test(arguments: [
        ("courier 1", CourierReport.hello(version: 1)),
        ("holds 3 wire", .holds(item: 3, wire: true)),
        ("holds 3 plain", .holds(item: 3, wire: false)),
        ("part 2 77", .part(item: 2, bytes: 77)),
        ("ready", .ready),
        ("listening 4321", .listening(port: 4321)),
        ("deaf EADDRNOTAVAIL", .deaf("EADDRNOTAVAIL")),
        ("admitted 18446744073709551615", .admitted(link: .max)),
        ("want 0 4 512", .want(group: 0, item: 4, offset: 512)),
        ("wanted 0", .wanted(group: 0)),
        ("at 0 4 512 9000", .at(total: 9000)),
        ("done 4", .done(item: 4)),
        ("bad 4 operator 00ff", .bad(item: 4, .upload)),
        ("bad 4 parts -", .bad(item: 4, .parts)),
        ("bad 4 17 00ff", .bad(item: 4, .link(17))),
        ("lost 0 17 silent", .lost(group: 0, link: 17, .silent)),
        ("lost 0 17 cannot 4", .lost(group: 0, link: 17, .cannot)),
        ("backlog 17 100 200", .backlog(link: 17, available: 100, sent: 200)),
        ("error space /var/lib/hakube/stage/a b", .error(word: "space", detail: "/var/lib/hakube/stage/a b")),
        ("missing 2", .missing(2)),
        ("bye", .bye),
    ])
    func `a line of the courier is understood`(_ line: String, _ report: CourierReport) {
        #expect(CourierReport(line) == report)
    }

    @Test(arguments: [
        "", "hello", "want 0", "done x", "done -1", "listening 70000", "lost 0 1 bored", "at 1 2 3", "bad 4",
    ])
    func `a line that makes no sense is none`(_ line: String) { #expect(CourierReport(line) == nil) }

    @Test func `frames carry kind, length and payload in network order`() {
        #expect(CourierFrame.text(["look", "stop 1"]) == [0x54, 0, 0, 0, 12] + Array("look\nstop 1\n".utf8))
        #expect(
            CourierFrame.data(item: 258, offset: 1 << 32, [9, 8])
                == [0x44, 0, 0, 0, 14, 0, 0, 1, 2, 0, 0, 0, 1, 0, 0, 0, 0, 9, 8])
    }

    private struct Talk {
        let session: CourierSession
        let shipment = MemoryShipment([("bin/a", Array("aaaa".utf8)), ("SHA256SUMS", Array("sums".utf8))])

        init(limit: RateLimit? = nil) throws {
            let file = FileManager.default.temporaryDirectory.appending(path: "hakube-\(UUID().uuidString)")
            try Data("program".utf8).write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            let program = try #require(CourierProgram(file))
            let shipment = shipment
            let setup = CourierSession.Setup(
                host: HostID("h1"), program: program, shipment: shipment,
                items: shipment.items.enumerated().map { (number: $0, item: $1) },
                groups: [RelayGroup(id: 0, items: [(index: 0, wire: 4), (index: 1, wire: 4)])], folder: "/s/x",
                address: "10.0.0.1", isDirect: false)
            session = CourierSession(setup, limit: limit, news: AsyncStream.makeStream().continuation) { _ in }
        }

        /// The next bytes; `nil` when the session waits.
        func said() throws -> [UInt8]? {
            if case .send(let bytes) = try session.next() { bytes } else { nil }
        }

        func hear(_ lines: String...) { for line in lines { session.hear(OutputLine(.out, line)) } }
    }

    @Test func `nothing follows the program before the courier has spoken`() throws {
        let talk = try Talk()
        #expect(try talk.said()?.prefix(2) == [0x1f, 0x8b])
        #expect(try talk.said() == nil)
        talk.hear("courier 1")
        let lines = String(decoding: try talk.said()?.dropFirst(5) ?? [], as: UTF8.self).split(separator: "\n")
        #expect(lines.first == "stage /s/x")
        #expect(lines.contains { $0.hasPrefix("item 0 raw 644 4 4 ") && $0.hasSuffix(" bin/a") })
        #expect(lines.contains("candidate 0 /usr/local/bin/a"))
        #expect(lines.suffix(3) == ["group 0 0,1", "listen 10.0.0.1", "look"])
    }

    @Test func `the courier gets what it wants, from the byte on that it wants`() throws {
        let talk = try Talk()
        _ = try talk.said()
        talk.hear("courier 1")
        _ = try talk.said()
        talk.session.upload(0)
        #expect(try talk.said() == CourierFrame.text(["pull 0 operator"]))
        talk.hear("want 0 0 1", "want 0 1 0")
        #expect(try talk.said() == nil)
        talk.hear("wanted 0")
        #expect(try talk.said() == CourierFrame.data(item: 0, offset: 1, Array("aaa".utf8)))
        #expect(try talk.said() == CourierFrame.data(item: 1, offset: 0, Array("sums".utf8)))
        #expect(try talk.said() == nil)
    }

    @Test func `an answer to a question that was taken back sends nothing`() throws {
        let talk = try Talk()
        _ = try talk.said()
        talk.hear("courier 1")
        talk.session.upload(0)
        talk.session.stop(0)
        talk.session.upload(0)
        _ = try talk.said()
        talk.hear("want 0 0 0", "wanted 0", "stopped 0", "want 0 0 2")
        #expect(try talk.said() == nil)
        talk.hear("wanted 0")
        #expect(try talk.said() == CourierFrame.data(item: 0, offset: 2, Array("aa".utf8)))
    }

    @Test func `a limit that is used up makes the session wait`() throws {
        let talk = try Talk(limit: RateLimit(rate: 1, now: { .zero }))
        #expect(try talk.said() != nil)
        talk.hear("courier 1")
        #expect(try talk.said() != nil)
        talk.session.upload(0)
        _ = try talk.said()
        talk.hear("want 0 0 0", "wanted 0")
        #expect(try talk.said() == nil)
    }

    @Test func `a rate is kept over time, whatever the pieces`() {
        let clock = Pace.simulated()
        let limit = RateLimit(rate: 1000, now: clock.now)
        #expect(limit.take(600) == nil)
        #expect(limit.take(1) == .milliseconds(601))
    }

    @Test func `items that all kinds of hosts need are one group, the others groups of their own`() throws {
        let shared = (path: "bin/a", bytes: Array("a".utf8))
        let master = MemoryShipment([shared, ("SHA256SUMS", Array("m".utf8))])
        let node = MemoryShipment([shared, ("bin/b", Array("b".utf8)), ("SHA256SUMS", Array("n".utf8))])
        let kinds = [CargoKind(role: .master, arch: .amd64), CargoKind(role: .node, arch: .amd64)]
        let hosts = [HostID("m"): kinds[0], HostID("n"): kinds[1]]
        let table = ShipmentTable([kinds[0]: master, kinds[1]: node], hosts: hosts)
        #expect(table.groups.map(\.items.count) == [1, 1, 2])
        #expect(table.groups(for: kinds[1]).map(\.id) == [0, 2])
        #expect(table.audience[0] == ["m", "n"].reduce(into: []) { $0.insert(HostID($1)) })
        #expect(table.audience[2] == [HostID("n")])
    }
}
