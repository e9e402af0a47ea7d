// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCourier

/// A group's items fetched from another host: the child's end of a link, a thread of its own.
struct Pull {
    private enum Loss: Error {
        case reason(StaticString)
        /// The index of the item.
        case cannot(Int)
        /// Somebody ordered another source; nothing is to be said.
        case replaced
    }

    private let group: Group
    private let peer: Peer
    private let depot: Depot
    private let turn: Int
    private let starts: [Start]

    static func start(_ number: Int, _ peer: Peer, _ depot: Depot) throws(Fault) {
        let group = try depot.group(number)
        depot.gate.lock()
        depot.detach(group)
        group.source = .link(peer.link)
        let starts = depot.missing(group).map { Start(item: $0, offset: $0.logged, life: $0.life) }
        let pull = Pull(group: group, peer: peer, depot: depot, turn: group.turn, starts: starts)
        depot.gate.unlock()
        guard !starts.isEmpty else { return }
        guard Thread.start({ pull.run() }) else { throw .threads }
    }

    private func run() {
        do throws(Loss) {
            let socket = try connect()
            defer { depot.forget(socket, group) }
            try fetch(over: socket)
            return
        } catch {
            tell(error)
        }
    }

    private func tell(_ loss: Loss) {
        depot.gate.lock()
        let isCurrent = group.turn == turn
        if isCurrent { depot.turn(group) }
        depot.gate.unlock()
        guard isCurrent else { return }
        let line = Line("lost").with(group.number).with(peer.link)
        switch loss {
        case .replaced: break
        case .reason(let reason): Reports.say(line.with(reason))
        case .cannot(let index): Reports.say(line.with("cannot").with(index))
        }
    }

    // MARK: Connecting

    private func connect() throws(Loss) -> LinkSocket {
        var address = sockaddr_storage()
        let length = courier_address(peer.address, peer.port, &address)
        guard length > 0 else { throw .reason("unreachable") }
        let descriptor = courier_socket(Int32(address.ss_family))
        guard descriptor >= 0 else { throw .reason("unreachable") }
        let socket = LinkSocket(descriptor)
        guard depot.remember(socket, group, turn) else { throw .replaced }
        courier_set_blocking(descriptor, 0)
        var status = courier_connect(descriptor, &address, length) == 0 ? 0 : courier_errno()
        if status == EINPROGRESS {
            var one = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            status = poll(&one, 1, Int32(LinkSocket.patience)) > 0 ? courier_socket_error(descriptor) : ETIMEDOUT
        }
        courier_set_blocking(descriptor, 1)
        guard status == 0 else {
            depot.forget(socket, group)
            throw .reason(status == ECONNREFUSED ? "refused" : "unreachable")
        }
        // To shut a socket that was not connecting yet has no effect.
        guard depot.isCurrent(group, turn) else {
            depot.forget(socket, group)
            throw .replaced
        }
        return socket
    }

    // MARK: Fetching

    private func fetch(over socket: LinkSocket) throws(Loss) {
        let header = try greet(socket)
        let opener: Opener
        do throws(LinkSocket.Ending) {
            opener = Opener(peer.key, .toChild, header: Array(try socket.take(SealedStream.headerSize)))
        } catch { throw .reason(error == .silent ? "silent" : "key") }
        var progress = Progress(starts)
        var isProved = false
        while !progress.isDone {
            var chunk: UnsafeRawBufferPointer?
            do throws(LinkSocket.Ending) {
                if let size = Opener.size(try socket.take(SealedStream.lengthSize)) { chunk = try socket.take(size) }
            } catch { throw .reason(error == .silent ? "silent" : isProved ? "closed" : "key") }
            // The first chunk answers this very greeting: a recorded answer to another does not open.
            guard let chunk, let plain = opener.open(chunk, context: isProved ? [] : header) else {
                throw .reason(isProved ? "garbled" : "key")
            }
            isProved = true
            try take(plain, &progress)
        }
    }

    /// - Returns: the header of what is said to the parent.
    private func greet(_ socket: LinkSocket) throws(Loss) -> [UInt8] {
        let sealer = Sealer(peer.key, .toParent)
        var greeting: [UInt8] = []
        BigEndian.put(peer.link, into: &greeting)
        greeting += sealer.header
        let wants = starts.map {
            Want(digest: $0.item.description.digest, form: $0.item.description.form, offset: $0.offset)
        }
        for start in stride(from: 0, to: wants.count, by: ChildMessage.wantsAtOnce) {
            let some = wants[start..<min(wants.count, start + ChildMessage.wantsAtOnce)]
            greeting += sealer.seal(ChildMessage.wants(Array(some)).bytes)
        }
        greeting += sealer.seal(ChildMessage.go.bytes)
        courier_limit_sending(socket.descriptor, Int32(LinkSocket.patience / 1000))
        guard socket.send(greeting) else { throw .reason("closed") }
        return sealer.header
    }

    private func take(_ plain: UnsafeRawBufferPointer, _ progress: inout Progress) throws(Loss) {
        switch ParentMessage(plain) {
        case .data(let want, let offset, let bytes):
            guard progress.expects(want, offset, bytes.count) else { throw .reason("garbled") }
            let ticket = Depot.Ticket(turn: turn, life: progress.life, origin: .link(peer.link))
            let isTaken: Bool
            do throws(Fault) {
                isTaken = try depot.append(bytes, to: progress.item, at: offset, ticket)
            } catch { Reports.end(error, depot) }
            // What is not taken belongs to an item that was thrown away meanwhile, or to a source replaced.
            guard isTaken || depot.isCurrent(group, turn) else { throw .replaced }
            progress.advance(bytes.count)
        case .heartbeat: break
        case .cannot(let want):
            guard want == progress.want else { throw .reason("garbled") }
            throw .cannot(progress.item.index)
        case .void(let want):
            guard want == progress.want else { throw .reason("garbled") }
            depot.discard(progress.item, from: peer.link, turn: turn, life: progress.life)
            progress.skip()
        case nil: throw .reason("garbled")
        }
    }
}

/// What an item lacked when the greeting was made. It may be thrown away before the first byte comes: the parent, who knows
/// nothing of that, still does what it was asked.
private struct Start {
    let item: Item
    let offset: UInt64
    let life: Int
}

/// Which byte comes next.
private struct Progress {
    private let starts: [Start]
    private(set) var want: UInt32 = 0
    private var offset: UInt64

    /// - Parameter starts: not empty.
    init(_ starts: [Start]) {
        self.starts = starts
        offset = starts[0].offset
    }

    var isDone: Bool { want >= starts.count }
    var item: Item { starts[Int(want)].item }
    var life: Int { starts[Int(want)].life }

    func expects(_ number: UInt32, _ at: UInt64, _ count: Int) -> Bool {
        number == want && at == offset && UInt64(count) <= item.description.wire - offset
    }

    mutating func advance(_ count: Int) {
        offset += UInt64(count)
        if offset == item.description.wire { skip() }
    }

    mutating func skip() {
        want += 1
        if !isDone { offset = starts[Int(want)].offset }
    }
}

extension Depot {
    /// - Returns: false when the group has got another source meanwhile.
    fileprivate func remember(_ socket: LinkSocket, _ group: Group, _ turn: Int) -> Bool {
        gate.lock()
        defer { gate.unlock() }
        guard group.turn == turn else { return false }
        group.socket = socket.descriptor
        return true
    }

    fileprivate func isCurrent(_ group: Group, _ turn: Int) -> Bool {
        gate.lock()
        defer { gate.unlock() }
        return group.turn == turn
    }

    /// Before the descriptor is closed, so that nobody shuts its successor.
    fileprivate func forget(_ socket: LinkSocket, _ group: Group) {
        gate.lock()
        if group.socket == socket.descriptor { group.socket = -1 }
        gate.unlock()
    }

    /// The source takes back what it sent.
    fileprivate func discard(_ item: Item, from link: UInt64, turn: Int, life: Int) {
        gate.lock()
        defer { gate.unlock() }
        guard item.group?.turn == turn, item.life == life, item.state == .lacking else { return }
        item.add(.link(link))
        item.isVoid = true
        hold(item)
        gate.ring()
    }
}
