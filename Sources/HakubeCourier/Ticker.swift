// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCourier

/// Says from time to time how far things are.
struct Ticker {
    private let depot: Depot

    /// Milliseconds; progress goes every second beat, backlogs every fifth.
    private static let beat: Int32 = 100

    init(_ depot: Depot) { self.depot = depot }

    /// Never returns.
    func run() {
        var count = 0
        while true {
            courier_pause(Self.beat)
            count += 1
            if count % 2 == 0 { sayProgress() }
            if count % 5 == 0 { sayBacklogs() }
        }
    }

    private func sayProgress() {
        depot.gate.lock()
        var lines: [Line] = []
        for group in depot.groups {
            guard let item = group.current else { continue }
            let now = (index: item.index, offset: item.logged)
            guard now != group.told else { continue }
            group.told = now
            var line = Line("at").with(group.number).with(item.index)
            line.add(item.logged)
            line.add(depot.received)
            lines.append(line)
        }
        depot.gate.unlock()
        for line in lines { Reports.say(line) }
    }

    private func sayBacklogs() {
        depot.gate.lock()
        var lines: [Line] = []
        for link in depot.links where link.socket >= 0 {
            // The kernel's queue may hold seconds of a slow line: that is not with the child yet.
            let queued = UInt64(max(0, courier_unacknowledged(link.socket)))
            var line = Line("backlog").with(link.number)
            line.add(link.available + min(queued, link.sent))
            line.add(link.sent - min(queued, link.sent))
            lines.append(line)
        }
        depot.gate.unlock()
        for line in lines { Reports.say(line) }
    }
}
