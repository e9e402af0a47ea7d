// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCourier

/// A child being served, by a thread of its own: the parent's end of a link. Reads the logs as they grow.
final class Serving {
    private let depot: Depot
    private let socket: LinkSocket
    private let link: Link
    private let session: Int
    private let sealer: Sealer
    private var lastSent = Instant.now

    private let plain = UnsafeMutableRawBufferPointer.allocate(byteCount: SealedStream.longest, alignment: 64)
    private let sealed = UnsafeMutableRawBufferPointer.allocate(byteCount: chunksAtOnce * chunkRoom, alignment: 64)

    /// Chunks sealed before they are sent: few enough that a hop adds little delay.
    private static let chunksAtOnce = 4
    private static let chunkRoom = SealedStream.lengthSize + SealedStream.longest + SealedStream.overhead
    /// Milliseconds.
    private static let heartbeat: UInt64 = 500

    init(_ depot: Depot, _ socket: LinkSocket, _ link: Link, session: Int, key: Digest) {
        self.depot = depot
        self.socket = socket
        self.link = link
        self.session = session
        sealer = Sealer(key, .toChild)
    }

    deinit {
        plain.deallocate()
        sealed.deallocate()
    }

    /// Returns when all is sent or the child is gone.
    /// - Parameter context: the header of the child's greeting.
    func run(_ wants: [Want], context: [UInt8]) {
        guard socket.send(sealer.header + sealer.seal(ParentMessage.heartbeatBytes, context: context)) else { return }
        for (number, want) in wants.enumerated() {
            guard serve(number, want) else { return }
            pass(number, wants)
        }
        // The child closes once it has read all; to close first would throw away what is still under way if it had said
        // one byte too many.
        while !socket.isOver, heartbeatAfterPause() {}
    }

    /// What is served, or will not be, is no backlog any more.
    private func pass(_ number: Int, _ wants: [Want]) {
        depot.gate.lock()
        defer { depot.gate.unlock() }
        guard link.session == session else { return }
        link.position = number + 1
        link.offset = number + 1 < wants.count ? wants[number + 1].offset : 0
    }

    private func heartbeatAfterPause() -> Bool {
        var one = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
        poll(&one, 1, Int32(Self.heartbeat))
        return one.revents != 0 || say(ParentMessage.heartbeatBytes)
    }

    private func say(_ message: [UInt8]) -> Bool {
        lastSent = .now
        return socket.send(sealer.seal(message))
    }

    // MARK: One want

    private enum Next {
        case bytes(upTo: UInt64)
        case nothingYet
        /// The item has been thrown away: what was sent of it is wrong.
        case void
        case over
    }

    /// - Returns: false when the connection is of no more use.
    private func serve(_ number: Int, _ want: Want) -> Bool {
        depot.gate.lock()
        guard link.session == session else {
            depot.gate.unlock()
            return false
        }
        let item = link.wants[number].item
        link.position = number
        link.offset = want.offset
        var life = item?.life ?? 0
        depot.gate.unlock()
        guard let item, want.offset <= item.description.wire else { return say(ParentMessage.cannotBytes(number)) }
        var file: Int32 = -1
        defer { if file >= 0 { close(file) } }
        var offset = want.offset
        while offset < item.description.wire {
            switch next(item, life, from: offset, &file) {
            case .nothingYet:
                guard !socket.isOver, say(ParentMessage.heartbeatBytes) else { return false }
            case .void:
                if offset > want.offset { return say(ParentMessage.voidBytes(number)) }
                depot.gate.lock()
                life = item.life
                depot.gate.unlock()
                if file >= 0 { close(file) }
                file = -1
            case .over: return false
            case .bytes(let end):
                guard let sent = send(number, file, from: offset, to: end, item) else { return false }
                offset += sent
            }
        }
        return true
    }

    /// Waits for bytes behind `offset`, until a heartbeat is due.
    private func next(_ item: Item, _ life: Int, from offset: UInt64, _ file: inout Int32) -> Next {
        depot.gate.lock()
        defer { depot.gate.unlock() }
        link.offset = offset
        while true {
            guard link.session == session else { return .over }
            guard item.life == life else { return .void }
            if item.readable > offset { break }
            if !depot.gate.wait(until: lastSent.adding(Self.heartbeat)) { return .nothingYet }
        }
        if file < 0 { file = depot.stage.openUnfinished(item.logName) }
        // Raw content is its own log, until it is moved to its place.
        if file < 0, item.description.form == .raw { file = depot.stage.open(item.description.path) }
        return file >= 0 ? .bytes(upTo: item.readable) : .over
    }

    /// - Returns: how many bytes went; `nil` when the child is gone or the file is shorter than it was.
    private func send(_ number: Int, _ file: Int32, from offset: UInt64, to end: UInt64, _ item: Item) -> UInt64? {
        var offset = offset
        let start = offset
        var filled = 0
        for _ in 0..<Self.chunksAtOnce where offset < end {
            let count = Int(min(UInt64(ParentMessage.dataAtOnce), end - offset))
            ParentMessage.putDataHead(want: number, offset: offset, into: plain)
            let head = ParentMessage.dataHeadSize
            let room = UnsafeMutableRawBufferPointer(rebasing: plain[head..<head + count])
            guard let read = try? File.read(file, at: offset, into: room, for: item.description.path), read > 0
            else { break }
            let message = UnsafeRawBufferPointer(rebasing: plain.prefix(head + read))
            filled += sealer.seal(message, into: UnsafeMutableRawBufferPointer(rebasing: sealed[filled...]))
            offset += UInt64(read)
        }
        guard filled > 0 else { return nil }
        lastSent = .now
        guard socket.send(UnsafeRawBufferPointer(rebasing: sealed.prefix(filled))) else { return nil }
        depot.gate.lock()
        link.sent += offset - start
        depot.gate.unlock()
        return offset - start
    }
}
