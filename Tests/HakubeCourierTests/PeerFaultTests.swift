// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
@testable import HakubeCourier
import HakubeTestSupport
import Synchronization
import Testing

/// Others on the network that are not what they should be.
@Suite(.serialized, .enabled(if: CourierRun.isBuilt, "scripts/courier.sh builds the program beside the tests"))
struct PeerFaultTests {
    private let scratch: ScratchFolder
    private let parcels = [Parcel("big", Parcel.noise(300_000)), Parcel("SHA256SUMS", [1, 2, 3])]

    init() throws { scratch = try ScratchFolder() }

    private func courier() async throws -> CourierRun {
        let courier = try CourierRun(stage: scratch.place("stage"))
        try await courier.list(parcels)
        return courier
    }

    /// What a courier says of a parent that talks like this.
    private func loss(_ talk: @escaping @Sendable (LinkSocket) throws -> Void) async throws -> String {
        let parent = try TestPeer.Parent { try? talk($0) }
        let courier = try await courier()
        try courier.order("pull 0 5 127.0.0.1 \(parent.port) \(TestPeer.keyHex)")
        let line = try await courier.line("lost 0 5")
        #expect(scratch.files.allSatisfy { $0.hasPrefix("stage/.wire/") })
        return line
    }

    @Test func `nobody at the port is refused`() async throws {
        let port = try TestPeer.Parent { _ in }.port
        let courier = try await courier()
        try courier.order("pull 0 5 127.0.0.1 \(port) \(TestPeer.keyHex)")
        try await courier.line("lost 0 5 refused")
    }

    @Test func `an impostor with another key is known by its first chunk`() async throws {
        let impostor = try await loss { socket in
            let other = Sealer([UInt8](repeating: 8, count: 32).withUnsafeBytes { Digest($0) }, .toChild)
            _ = socket.send(other.header + other.seal([2]))
            _ = try socket.take(1 << 18)
        }
        #expect(impostor == "lost 0 5 key")
        #expect(try await loss { _ in } == "lost 0 5 key")
        #expect(
            try await loss { socket in
                _ = socket.send(Array("SSH-2.0-OpenSSH_9.2 and so on, for a while\r\n".utf8))
                _ = try socket.take(1 << 18)
            } == "lost 0 5 key")
    }

    @Test func `an answer recorded from an earlier connection does not pass`() async throws {
        let recorded = Mutex<[UInt8]>([])
        let first = try await loss { socket in
            let header = Array(try socket.take(8 + SealedStream.headerSize).dropFirst(8))
            let sealer = Sealer(TestPeer.key, .toChild)
            let answer = sealer.header + sealer.seal([2], context: header)
            recorded.withLock { $0 = answer }
            _ = socket.send(answer)
        }
        #expect(first == "lost 0 5 closed")
        let answer = recorded.withLock { $0 }
        #expect(
            try await loss { socket in
                _ = socket.send(answer)
                _ = try socket.take(1 << 18)
            } == "lost 0 5 key")
    }

    @Test func `a parent that says nothing is given up after three seconds`() async throws {
        let start = ContinuousClock.now
        #expect(try await loss { _ = try $0.take(1 << 18, until: Instant.now.adding(20_000)) } == "lost 0 5 silent")
        #expect(start.duration(to: .now) > .seconds(2.5))
    }

    /// Sealed with the right key, and still not what a courier says.
    static let garbled: [[UInt8]] = [
        [], [9], [2, 0], [1], [1, 0, 0, 0, 0], [3], [4, 0, 0, 0, 9], [3, 0, 0, 0, 1],
        TestPeer.data(0, from: 1, [1]), TestPeer.data(1, from: 0, [1]), TestPeer.data(9, from: 0, [1]),
        TestPeer.data(0, from: .max, [1]), TestPeer.data(0, from: 0, []),
    ]

    @Test(arguments: garbled) func `a parent that breaks the protocol is left`(_ message: [UInt8]) async throws {
        let line = try await loss { socket in
            let (sealer, _) = try TestPeer.accept(socket)
            _ = socket.send(sealer.seal(message))
            _ = try socket.take(1 << 18)
        }
        #expect(line == "lost 0 5 garbled")
    }

    @Test func `a chunk that was changed on the way is not taken`() async throws {
        let wire = parcels[0].wire
        let line = try await loss { socket in
            let (sealer, _) = try TestPeer.accept(socket)
            var chunk = sealer.seal(TestPeer.data(0, from: 0, wire.prefix(1000)))
            chunk[500] ^= 1
            _ = socket.send(chunk)
            _ = try socket.take(1 << 18)
        }
        #expect(line == "lost 0 5 garbled")
        #expect(scratch.files.isEmpty)
    }

    @Test func `a parent that lies about a digest is named, and its bytes are gone`() async throws {
        let lie = Parcel.noise(300_000, seed: 9)
        let parent = try TestPeer.Parent { socket in
            guard let (sealer, _) = try? TestPeer.accept(socket) else { return }
            for start in stride(from: 0, to: lie.count, by: 60_000) {
                _ = socket.send(sealer.seal(TestPeer.data(0, from: UInt64(start), lie[start..<start + 60_000])))
            }
            _ = socket.send(sealer.seal(TestPeer.data(1, from: 0, [1, 2, 3])))
        }
        let courier = try await courier()
        try courier.order("pull 0 5 127.0.0.1 \(parent.port) \(TestPeer.keyHex)")
        try await courier.line("bad 0 5 \(Parcel.hex(lie))")
        #expect(!scratch.has("stage/big") && !scratch.has("stage/SHA256SUMS"))
        try await courier.feed(parcels)
        try await courier.done(parcels.indices)
        #expect(try await courier.finish() == 0)
    }

    @Test func `what a parent takes back is thrown away`() async throws {
        let wire = parcels[0].wire
        let parent = try TestPeer.Parent { socket in
            guard let (sealer, _) = try? TestPeer.accept(socket) else { return }
            _ = socket.send(sealer.seal(TestPeer.data(0, from: 0, wire.prefix(5000))))
            _ = socket.send(sealer.seal(ParentMessage.voidBytes(0)))
            _ = socket.send(sealer.seal(TestPeer.data(1, from: 0, [1, 2, 3])))
            _ = try? socket.take(1 << 18)
        }
        let courier = try await courier()
        try courier.order("pull 0 5 127.0.0.1 \(parent.port) \(TestPeer.keyHex)")
        try await courier.line("bad 0 5 -")
        let mark = courier.lines.count
        try await courier.feed(parcels)
        #expect(courier.lines.dropFirst(mark).contains("want 0 0 0"))
        try await courier.done(parcels.indices)
    }

    // MARK: Children

    /// A courier that has everything and listens, with link 1 admitted.
    private func parent() async throws -> (courier: CourierRun, port: Int) {
        let courier = try await courier()
        try await courier.feed(parcels)
        try await courier.done(parcels.indices)
        try courier.order("listen 127.0.0.1", "admit 1 \(TestPeer.keyHex)")
        try await courier.line("admitted 1")
        return (courier, try await courier.numbers("listening")[0])
    }

    private func greeting(_ link: UInt64, _ messages: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        BigEndian.put(link, into: &bytes)
        let sealer = Sealer(TestPeer.key, .toParent)
        return messages.reduce(bytes + sealer.header) { $0 + sealer.seal($1) }
    }

    /// What it does not say a word to.
    @Test func `a child without the right to be there is turned away without a byte`() async throws {
        let (courier, port) = try await parent()
        let wants = ChildMessage.wants([]).bytes
        let strangers = [
            greeting(2, [wants, [2]]), greeting(1, [[9]]), greeting(1, [[1, 2, 3]]),
            greeting(1, [wants]).dropLast() + [0] + greeting(1, [[2]]),
            Array("GET / HTTP/1.1\r\nHost: example.org\r\nAccept: */*\r\n\r\n".utf8),
        ]
        for stranger in strangers {
            let socket = try #require(TestPeer.connect(to: port))
            _ = socket.send(stranger)
            #expect(throws: LinkSocket.Ending.closed) { _ = try socket.take(1, until: Instant.now.adding(20_000)) }
        }
        #expect(!courier.lines.contains { $0.hasPrefix("backlog") })
    }

    @Test func `a child that takes its time with the greeting is closed, and others are served meanwhile`() async throws
    {
        let (courier, port) = try await parent()
        let slow = try #require(TestPeer.connect(to: port))
        _ = slow.send([0, 0, 0])
        let second = try CourierRun(stage: scratch.place("second"))
        try await second.list(parcels)
        try second.order("pull 0 1 127.0.0.1 \(port) \(TestPeer.keyHex)")
        try await second.done(parcels.indices)
        #expect(throws: LinkSocket.Ending.closed) { _ = try slow.take(1, until: Instant.now.adding(20_000)) }
        #expect(try await courier.finish() == 0)
    }

    @Test func `a child that asks for what is not there is told so, and gets the rest`() async throws {
        let (courier, port) = try await parent()
        defer { withExtendedLifetime(courier) {} }
        let socket = try #require(TestPeer.connect(to: port))
        let known = Digest(hex: Array(parcels[1].digest.utf8)[...])
        let wants = [
            Want(digest: TestPeer.key, form: .raw, offset: 0),
            Want(digest: try #require(known), form: .raw, offset: 4),
            Want(digest: try #require(known), form: .raw, offset: 1),
        ]
        let sealer = Sealer(TestPeer.key, .toParent)
        var bytes: [UInt8] = []
        BigEndian.put(UInt64(1), into: &bytes)
        let said = [ChildMessage.wants(wants), .go].reduce(bytes + sealer.header) { $0 + sealer.seal($1.bytes) }
        #expect(socket.send(said))
        let opener = Opener(TestPeer.key, .toChild, header: Array(try socket.take(SealedStream.headerSize)))
        var heard: [[UInt8]] = []
        while heard.last?.first != 1 {
            let size = try #require(Opener.size(try socket.take(4)))
            heard.append(
                Array(try #require(opener.open(try socket.take(size), context: heard.isEmpty ? sealer.header : []))))
        }
        #expect(heard == [[2], [3, 0, 0, 0, 0], [3, 0, 0, 0, 1], TestPeer.data(2, from: 1, [2, 3])])
    }

    @Test func `a recorded greeting is of no use, and ends nobody's connection`() async throws {
        let (courier, port) = try await parent()
        defer { withExtendedLifetime(courier) {} }
        let hello = greeting(1, [ChildMessage.wants([]).bytes, ChildMessage.go.bytes])
        let first = try #require(TestPeer.connect(to: port))
        #expect(first.send(hello))
        _ = try first.take(SealedStream.headerSize)
        let replay = try #require(TestPeer.connect(to: port))
        #expect(replay.send(hello))
        #expect(throws: LinkSocket.Ending.closed) { _ = try replay.take(1, until: Instant.now.adding(20_000)) }
        // Two heartbeats after the first, which came with the header.
        _ = try first.take(3 * (SealedStream.lengthSize + 1 + SealedStream.overhead))
    }

    @Test func `a key of zeros opens nothing`() async throws {
        let (courier, port) = try await parent()
        try courier.order("admit 9 \(String(repeating: "0", count: 64))")
        try await courier.line("admitted 9")
        let sealer = Sealer(Digest(), .toParent)
        var hello: [UInt8] = []
        BigEndian.put(UInt64(9), into: &hello)
        let socket = try #require(TestPeer.connect(to: port))
        #expect(socket.send(hello + sealer.header + sealer.seal(ChildMessage.go.bytes)))
        #expect(throws: LinkSocket.Ending.closed) { _ = try socket.take(1, until: Instant.now.adding(20_000)) }
    }

    @Test func `a second connection of a link ends the first`() async throws {
        let (courier, port) = try await parent()
        defer { withExtendedLifetime(courier) {} }
        let hello = greeting(1, [ChildMessage.wants([]).bytes, ChildMessage.go.bytes])
        let first = try #require(TestPeer.connect(to: port))
        #expect(first.send(hello))
        _ = try first.take(SealedStream.headerSize)
        let second = try #require(TestPeer.connect(to: port))
        #expect(second.send(greeting(1, [ChildMessage.wants([]).bytes, ChildMessage.go.bytes])))
        _ = try second.take(SealedStream.headerSize)
        #expect(throws: LinkSocket.Ending.closed) { while true { _ = try first.take(1) } }
    }
}
