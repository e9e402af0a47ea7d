// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCourier

/// The program: reads orders and data from standard input until it ends, and says on standard output what comes of them.
package final class Courier {
    private static let bufferSize = 256 << 10

    private let input: Input
    private let work = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferSize, alignment: 4096)
    private var depot: Depot?
    private var listener: Listener?

    init() { input = Input(descriptor: 0, capacity: Self.bufferSize) }

    deinit { work.deallocate() }

    /// Runs until the operator is gone, or everything is in place.
    package static func serve() -> Never {
        courier_ignore_signals()
        courier_forbid_core_dumps()
        umask(0o077)
        guard sodium_init() >= 0 else { _exit(1) }
        Reports.say(Line("courier").with(1))
        let courier = Courier()
        do throws(Fault) { try courier.run() } catch { Reports.end(error, courier.depot) }
        _exit(3)
    }

    /// Returns at the end of standard input.
    private func run() throws(Fault) {
        var head = [UInt8](repeating: 0, count: Frame.headSize)
        while input.read(into: &head) {
            switch try Frame(head) {
            case .orders(let length): try takeOrders(length)
            case .data(let length): try takeData(length)
            }
        }
    }

    // MARK: Data

    private func takeData(_ length: Int) throws(Fault) {
        var head = [UInt8](repeating: 0, count: DataPlace.size)
        guard input.read(into: &head) else { return }
        let place = DataPlace(head)
        guard let depot else { throw .input("data-before-stage") }
        let item = try depot.item(place.index)
        guard place.offset <= item.description.wire, UInt64(length) <= item.description.wire - place.offset else {
            throw .input("data-past-the-end")
        }
        var offset = place.offset
        try input.pass(length) { (bytes) throws(Fault) in
            // What is not wanted any more was under way already.
            _ = try depot.append(bytes, to: item, at: offset, nil)
            offset += UInt64(bytes.count)
        }
    }

    // MARK: Orders

    private func takeOrders(_ length: Int) throws(Fault) {
        var text = [UInt8](repeating: 0, count: length)
        guard input.read(into: &text) else { return }
        guard text.last == 0x0a else { throw .input("line-without-end") }
        var rest = text[...]
        while !rest.isEmpty {
            let line = rest.prefix { $0 != 0x0a }
            rest = rest.dropFirst(line.count + 1)
            try obey(Order(line: line))
        }
    }

    private func obey(_ order: Order) throws(Fault) {
        if case .stage(let path) = order {
            guard depot == nil else { throw .input("stage-twice") }
            return try open(path)
        }
        guard let depot else { throw .input("order-before-stage") }
        switch order {
        case .stage: break
        case .item(let index, let description): try depot.add(description, at: index)
        case .candidate(let index, let path): try depot.item(index).candidates.append(path)
        case .group(let number, let indices): try depot.setGroup(number, indices)
        case .look:
            guard depot.isIdle else { throw .input("look-while-pulling") }
            try Look(depot, buffer: work).run()
            Reports.say(Line("ready"))
        case .listen(let address): listen(address, depot)
        case .admit(let link, let key):
            depot.admit(link, key)
            Reports.say(Line("admitted").with(link))
        case .expel(let link): depot.expel(link)
        case .pullOperator(let number): try depot.pullFromOperator(number)
        case .pullPeer(let number, let peer): try Pull.start(number, peer, depot)
        case .stop(let number): try depot.stop(number)
        case .finish: finish(depot)
        }
    }

    private func open(_ path: HostFile) throws(Fault) {
        let depot = Depot(try Stage(path))
        self.depot = depot
        guard Thread.start({ Unpacker(depot).run() }), Thread.start({ Ticker(depot).run() }) else { throw .threads }
    }

    private func listen(_ address: [CChar], _ depot: Depot) {
        listener?.end()
        listener = nil
        switch Listener.open(address, depot) {
        case .success(let opened):
            listener = opened
            Reports.say(Line("listening").with(opened.port))
        case .failure(let why): Reports.say(Line("deaf").with(why))
        }
    }

    private func finish(_ depot: Depot) {
        depot.gate.lock()
        // `bye` is the last word: a `done` may still be on its way.
        while depot.items.contains(where: { $0?.state == .whole && $0?.isTold == false }) { depot.gate.wait() }
        let missing = depot.items.count { $0 != nil && $0?.state != .whole }
        depot.gate.unlock()
        guard missing == 0 else { return Reports.say(Line("missing").with(missing)) }
        depot.stage.clear()
        Reports.say(Line("bye"))
        _exit(0)
    }
}

extension Depot {
    /// Nobody sends anything, and nothing is being unpacked.
    fileprivate var isIdle: Bool {
        gate.lock()
        defer { gate.unlock() }
        return pending.isEmpty && groups.allSatisfy { $0.turn == 0 || !$0.hasSource }
    }

    fileprivate func setGroup(_ number: Int, _ indices: [Int]) throws(Fault) {
        let group = groups.first { $0.number == number } ?? Group(number: number)
        var members: [Item] = []
        for index in indices {
            let member = try item(index)
            guard member.group == nil || member.group === group else { throw .input("item-in-two-groups") }
            members.append(member)
        }
        gate.lock()
        defer { gate.unlock() }
        detach(group)
        for item in group.items { item.group = nil }
        group.items = members
        for item in members { item.group = group }
        if !groups.contains(where: { $0 === group }) { groups.append(group) }
    }

    fileprivate func pullFromOperator(_ number: Int) throws(Fault) {
        let group = try group(number)
        gate.lock()
        detach(group)
        group.source = .operator
        let wants = missing(group).map { (index: $0.index, offset: $0.logged) }
        gate.unlock()
        for want in wants {
            var line = Line("want").with(number).with(want.index)
            line.add(want.offset)
            Reports.say(line)
        }
        Reports.say(Line("wanted").with(number))
    }

    fileprivate func stop(_ number: Int) throws(Fault) {
        let group = try group(number)
        gate.lock()
        detach(group)
        gate.unlock()
        Reports.say(Line("stopped").with(number))
    }
}
