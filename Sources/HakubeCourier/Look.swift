// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCourier

/// Finds out what is on the host already, before anything is fetched: files in place, parts of an earlier run, files
/// elsewhere with the same content. All that is called whole has been hashed here and now.
struct Look {
    private let depot: Depot
    private let buffer: UnsafeMutableRawBufferPointer

    /// - Parameter buffer: room to read files with.
    init(_ depot: Depot, buffer: UnsafeMutableRawBufferPointer) {
        self.depot = depot
        self.buffer = buffer
    }

    /// Says `holds` and `part` as it finds things. Runs in the thread that alone starts sources.
    func run() throws(Fault) {
        // The proof comes last: it is one only where all else is there.
        for item in depot.items {
            guard let item, !item.description.path.isProof else { continue }
            try examine(item)
        }
        for item in depot.items {
            guard let item, item.description.path.isProof else { continue }
            if depot.isAllBut(item) {
                try examine(item)
            } else {
                depot.stage.removeProof(item.description.path)
                examineLog(item)
            }
        }
    }

    private func examine(_ item: Item) throws(Fault) {
        depot.gate.lock()
        let isUntouched = item.state == .lacking && item.logged == 0 && !item.isPending && !item.isWriting
        depot.gate.unlock()
        if isUntouched {
            if isInPlace(item) {
                adopt(item, hasWire: item.description.form == .raw || isLogRight(item))
            } else if try isCopied(item) {
                try depot.stage.place(item.partName, as: item.description.path)
                adopt(item, hasWire: item.description.form == .raw)
            } else {
                examineLog(item)
            }
        }
        depot.gate.lock()
        let (isWhole, hasWire) = (item.state == .whole, item.hasWire)
        depot.gate.unlock()
        if isWhole { Reports.say(Line("holds").with(item.index).with(hasWire ? "wire" : "plain")) }
    }

    private func adopt(_ item: Item, hasWire: Bool) {
        depot.gate.lock()
        item.isTold = true
        item.state = .whole
        item.hasWire = hasWire
        depot.gate.unlock()
    }

    // MARK: In place

    private func isInPlace(_ item: Item) -> Bool {
        let file = depot.stage.open(item.description.path)
        guard file >= 0 else { return false }
        defer { close(file) }
        return isRight(file, item) && fchmod(file, item.description.mode) == 0
    }

    private func isRight(_ file: Int32, _ item: Item) -> Bool {
        guard Stage.size(file) == item.description.size else { return false }
        var hasher = Hasher256()
        var offset: UInt64 = 0
        while offset < item.description.size {
            // Gigabytes take seconds, and the end of the operator is ours at any moment.
            if courier_is_hung_up(0) != 0 { _exit(3) }
            guard let count = try? File.read(file, at: offset, into: buffer, for: item.description.path), count > 0
            else { return false }
            hasher.add(UnsafeRawBufferPointer(rebasing: buffer.prefix(count)))
            offset += UInt64(count)
        }
        return offset == item.description.size && hasher.digest() == item.description.digest
    }

    // MARK: Elsewhere

    /// Copies the first candidate with the right content. It is hashed as a copy: the file itself may change meanwhile.
    private func isCopied(_ item: Item) throws(Fault) -> Bool {
        for candidate in item.candidates {
            let file = Stage.plain(courier_open_following(candidate.characters))
            guard file >= 0 else { continue }
            defer { close(file) }
            guard Stage.size(file) == item.description.size else { continue }
            let copy = try depot.stage.make(item.partName, keeping: 0, for: item.description.path)
            defer { close(copy) }
            try fill(copy, from: file, item)
            if isRight(copy, item), fchmod(copy, item.description.mode) == 0 { return true }
            depot.stage.discard(item.partName)
        }
        return false
    }

    private func fill(_ copy: Int32, from file: Int32, _ item: Item) throws(Fault) {
        var offset: UInt64 = 0
        let step = 8 << 20
        var isQuick = true
        while offset < item.description.size {
            if courier_is_hung_up(0) != 0 { _exit(3) }
            // Needs Linux 4.5, and between file systems 5.3; all others read and write.
            let length = min(step, Int(item.description.size - offset))
            let count = isQuick ? courier_copy(file, copy, Int64(offset), length) : 0
            if count > 0 {
                offset += UInt64(count)
                continue
            }
            if count < 0, courier_errno() == ENOSPC || courier_errno() == EDQUOT {
                throw .write(errno: courier_errno(), item.description.path)
            }
            isQuick = false
            // A bad sector there is no fault here: the copy is not right then, and the content comes over the network.
            guard let read = try? File.read(file, at: offset, into: buffer, for: item.description.path), read > 0
            else { return }
            let piece = UnsafeRawBufferPointer(rebasing: buffer.prefix(read))
            try File.write(piece, to: copy, at: offset, for: item.description.path)
            offset += UInt64(read)
        }
    }

    // MARK: Parts

    private func logSize(_ item: Item) -> UInt64? {
        let file = depot.stage.openUnfinished(item.logName)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return Stage.size(file)
    }

    /// Whether others can have the item from here: an earlier run left the whole wire form, and it is sound.
    private func isLogRight(_ item: Item) -> Bool {
        let file = depot.stage.openUnfinished(item.logName)
        guard file >= 0 else { return false }
        defer { close(file) }
        guard Stage.size(file) == item.description.wire else { return false }
        let unpacking = Unpacking(item.description.form, size: item.description.size)
        var offset: UInt64 = 0
        while offset < item.description.wire {
            if courier_is_hung_up(0) != 0 { _exit(3) }
            guard let count = try? File.read(file, at: offset, into: buffer, for: item.description.path), count > 0
            else { return false }
            let piece = UnsafeRawBufferPointer(rebasing: buffer.prefix(count))
            guard (try? unpacking.feed(piece) { (_) throws(Fault) in }) == true else { return false }
            offset += UInt64(count)
        }
        return unpacking.end() == item.description.digest
    }

    private func examineLog(_ item: Item) {
        guard let size = logSize(item), size > 0 else { return }
        // Longer than all of it: not ours, or not this item's.
        guard size <= item.description.wire else { return depot.stage.discard(item.logName) }
        depot.gate.lock()
        item.logged = size
        item.origin = .several
        depot.gate.unlock()
        var line = Line("part").with(item.index)
        line.add(size)
        Reports.say(line)
    }
}
