// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCourier

/// All that the courier's threads share: items, groups, admitted links, under one lock.
final class Depot {
    let gate = Monitor()
    let stage: Stage
    private(set) var items: [Item?] = []
    var groups: [Group] = []
    /// Items whose log the unpacker reads, in the order they began.
    var pending: [Item] = []
    var links: [Link] = []
    private var turns = 0
    /// Connections that have not proved a key yet.
    var strangers = 0
    /// Bytes of wire form taken in by this run.
    private(set) var received: UInt64 = 0

    init(_ stage: Stage) { self.stage = stage }

    // MARK: The list

    func add(_ description: ItemDescription, at index: Int) throws(Fault) {
        // Children's threads read the list.
        gate.lock()
        defer { gate.unlock() }
        while items.count <= index { items.append(nil) }
        guard items[index] == nil else { throw .input("item-twice") }
        let twins = items.count { $0?.description.digest == description.digest }
        items[index] = Item(index: index, description, copy: twins + 1)
    }

    func item(_ index: Int) throws(Fault) -> Item {
        guard index < items.count, let item = items[index] else { throw .input("unknown-item") }
        return item
    }

    func group(_ number: Int) throws(Fault) -> Group {
        guard let group = groups.first(where: { $0.number == number }) else { throw .input("unknown-group") }
        return group
    }

    /// The item of this content that has most of it.
    func item(_ want: Want) -> Item? {
        var best: Item?
        for case let item? in items
        where item.description.digest == want.digest && item.description.form == want.form {
            if item.state == .whole && !item.hasWire { continue }
            if best == nil || item.readable > best?.readable ?? 0 { best = item }
        }
        return best
    }

    // MARK: Sources

    /// Takes a group's source away. No byte of it is taken afterwards. The lock is held.
    func detach(_ group: Group) {
        turn(group)
        if group.socket >= 0 { courier_shut(group.socket) }
        while group.items.contains(where: { $0.isWriting }) { gate.wait() }
    }

    /// Ends what the group's source does. The lock is held. Turns are counted for all groups together: an item may have moved
    /// from one to another meanwhile.
    func turn(_ group: Group) {
        turns += 1
        group.turn = turns
        group.source = .nobody
    }

    /// What a new source has to send, from where. What is all here goes to the unpacker. The lock is held.
    func missing(_ group: Group) -> [Item] {
        var wanted: [Item] = []
        for item in group.items where item.state == .lacking {
            if item.isComplete { hold(item) } else { wanted.append(item) }
        }
        return wanted
    }

    /// Puts the item on the unpacker's list. The lock is held.
    func hold(_ item: Item) {
        guard !item.isPending else { return }
        item.isPending = true
        pending.append(item)
        gate.ring()
    }

    // MARK: Bytes

    /// Which bytes are taken: those of the source that the group has now, and of the item as it is now.
    struct Ticket {
        let turn: Int
        let life: Int
        let origin: Item.Origin
    }

    /// Appends to an item's log.
    /// - Parameter ticket: `nil` for what the operator sends, who may be about to be replaced: of his bytes, those that are
    ///   here already are passed over, since he may have been asked before they came.
    /// - Returns: false when these bytes are not wanted here (any more).
    func append(
        _ bytes: UnsafeRawBufferPointer, to item: Item, at offset: UInt64, _ ticket: Ticket?
    ) throws(Fault) -> Bool {
        gate.lock()
        var (bytes, offset) = (bytes, offset)
        if ticket == nil, offset < item.logged {
            let known = Int(min(UInt64(bytes.count), item.logged - offset))
            bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(known))
            offset += UInt64(known)
        }
        guard !bytes.isEmpty, let group = item.group, isWelcome(ticket, group, item), offset == item.logged,
            !item.isWriting,
            UInt64(bytes.count) <= item.description.wire - offset
        else {
            gate.unlock()
            return false
        }
        item.isWriting = true
        let isNew = item.log < 0
        gate.unlock()

        if isNew {
            item.log = try stage.make(item.logName, keeping: item.logged, for: item.description.path)
        }
        try File.write(bytes, to: item.log, at: offset, for: item.description.path)

        gate.lock()
        item.isWriting = false
        item.logged += UInt64(bytes.count)
        item.add(ticket?.origin ?? .operator)
        received += UInt64(bytes.count)
        group.current = item
        if item.isPending { gate.ring() } else { hold(item) }
        gate.unlock()
        return true
    }

    /// Frees what is of no use to the next run. The program is about to end.
    func leaveRoom() {
        for case let item? in items {
            stage.discard(item.partName)
            if item.state == .whole { stage.discard(item.logName) }
        }
    }

    private func isWelcome(_ ticket: Ticket?, _ group: Group, _ item: Item) -> Bool {
        guard item.state == .lacking, !item.isVoid else { return false }
        if let ticket { return ticket.turn == group.turn && ticket.life == item.life }
        if case .link = group.source { return false }
        return true
    }
}

/// Whole reads and writes.
enum File {
    static func write(
        _ bytes: UnsafeRawBufferPointer, to file: Int32, at offset: UInt64, for path: HostFile
    ) throws(Fault) {
        guard let base = bytes.baseAddress else { return }
        var done = 0
        while done < bytes.count {
            let count = pwrite(file, base + done, bytes.count - done, Int(offset) + done)
            if count < 0 && courier_errno() == EINTR { continue }
            guard count > 0 else { throw .write(errno: courier_errno(), path) }
            done += count
        }
    }

    /// - Returns: bytes read, fewer than there is room for at the end of the file only.
    static func read(
        _ file: Int32, at offset: UInt64, into room: UnsafeMutableRawBufferPointer, for path: HostFile
    ) throws(Fault) -> Int {
        guard let base = room.baseAddress else { return 0 }
        var done = 0
        while done < room.count {
            let count = pread(file, base + done, room.count - done, Int(offset) + done)
            if count < 0 && courier_errno() == EINTR { continue }
            guard count >= 0 else { throw .write(errno: courier_errno(), path) }
            if count == 0 { break }
            done += count
        }
        return done
    }
}
