// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCourier

/// The thread that reads the logs as they grow: unpacks, hashes, puts in place.
final class Unpacker {
    private let depot: Depot
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 4096)

    init(_ depot: Depot) { self.depot = depot }

    deinit { buffer.deallocate() }

    /// Never returns.
    func run() {
        while true {
            let (item, logged) = next()
            do throws(Fault) { try advance(item, to: logged) } catch { Reports.end(error, depot) }
        }
    }

    /// Waits for an item with something to do; also tells how far its log reaches.
    private func next() -> (Item, UInt64) {
        depot.gate.lock()
        defer { depot.gate.unlock() }
        while true {
            if let item = depot.pending.first(where: { $0.isVoid || $0.consumed < $0.logged || $0.isComplete }) {
                return (item, item.isVoid ? 0 : item.logged)
            }
            depot.gate.wait()
        }
    }

    private func advance(_ item: Item, to logged: UInt64) throws(Fault) {
        if item.isVoid { return discard(item, found: nil) }
        let path = item.description.path
        let unpacking = item.unpacking ?? Unpacking(item.description.form, size: item.description.size)
        item.unpacking = unpacking
        if item.log < 0 { item.log = try depot.stage.make(item.logName, keeping: logged, for: path) }
        if item.part < 0, item.description.form == .zstd {
            item.part = try depot.stage.make(item.partName, keeping: 0, for: path)
        }
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(Int(min(256 << 10, logged - item.consumed))))
        // Cut off below us by whoever else has the stage in hand, or a disk that cannot read what it wrote.
        guard let count = try? File.read(item.log, at: item.consumed, into: room, for: path), count == room.count
        else { return discard(item, found: nil) }
        item.consumed += UInt64(count)
        let isSound = try unpacking.feed(UnsafeRawBufferPointer(room)) { (bytes) throws(Fault) in
            guard item.part >= 0 else { return }
            try item.write(bytes)
        }
        guard isSound else { return discard(item, found: nil) }
        guard item.consumed == item.description.wire else { return }
        let found = unpacking.end()
        guard found == item.description.digest else { return discard(item, found: found) }
        try conclude(item)
    }

    // MARK: Good

    private func conclude(_ item: Item) throws(Fault) {
        item.unpacking = nil
        depot.gate.lock()
        depot.release(item)
        let mustWait = item.description.path.isProof && !depot.isAllBut(item)
        if mustWait { item.state = .waiting }
        depot.gate.unlock()
        if mustWait { return }
        try place(item)
        guard let proof = depot.readyProof() else { return }
        try place(proof)
    }

    private func place(_ item: Item) throws(Fault) {
        let path = item.description.path
        let isRaw = item.description.form == .raw
        guard fchmod(isRaw ? item.log : item.part, item.description.mode) == 0 else {
            throw .write(errno: courier_errno(), path)
        }
        // A rename may wait for the disk, so it happens without the lock: whoever opens the log looks in both places.
        try depot.stage.place(isRaw ? item.logName : item.partName, as: path)
        depot.gate.lock()
        item.state = .whole
        item.hasWire = true
        let files = item.takeFiles()
        depot.gate.ring()
        depot.gate.unlock()
        Item.close(files)
        Reports.say(Line("done").with(item.index))
        depot.gate.lock()
        item.isTold = true
        depot.gate.ring()
        depot.gate.unlock()
    }

    // MARK: Bad

    /// Throws all of it away and says so.
    private func discard(_ item: Item, found: Digest?) {
        depot.gate.lock()
        while item.isWriting { depot.gate.wait() }
        var line = Line("bad").with(item.index)
        line.add(item.originWord)
        if let found { line.add(found) } else { line.add("-") }
        depot.release(item)
        // Names go under the lock, for somebody may begin anew at once; the space goes with the descriptors, which may take
        // the disk a while.
        let files = item.takeFiles()
        depot.stage.discard(item.logName)
        depot.stage.discard(item.partName)
        item.unpacking = nil
        item.consumed = 0
        item.logged = 0
        item.life += 1
        item.origin = .nobody
        item.isVoid = false
        depot.gate.ring()
        depot.gate.unlock()
        Item.close(files)
        Reports.say(line)
    }
}

extension Item {
    /// Content, at the end of what is there.
    fileprivate func write(_ bytes: UnsafeRawBufferPointer) throws(Fault) {
        try File.write(bytes, to: part, at: written, for: description.path)
        written += UInt64(bytes.count)
    }

    fileprivate func takeFiles() -> (log: Int32, part: Int32) {
        defer {
            log = -1
            part = -1
            written = 0
        }
        return (log, part)
    }

    fileprivate static func close(_ files: (log: Int32, part: Int32)) {
        if files.log >= 0 { CCourier.close(files.log) }
        if files.part >= 0 { CCourier.close(files.part) }
    }
}

extension Depot {
    /// Takes the item off the unpacker's list. The lock is held.
    fileprivate func release(_ item: Item) {
        item.isPending = false
        pending.removeAll { $0 === item }
    }

    /// Every other item is in place. The lock is held.
    func isAllBut(_ item: Item) -> Bool {
        !items.contains { other in
            guard let other else { return false }
            return other !== item && other.state != .whole
        }
    }

    /// The verified proof, once nothing else is missing.
    fileprivate func readyProof() -> Item? {
        gate.lock()
        defer { gate.unlock() }
        for case let item? in items where item.state == .waiting && isAllBut(item) { return item }
        return nil
    }
}
