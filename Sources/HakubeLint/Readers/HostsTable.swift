// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// /etc/hosts of a host, or the lines that a script puts there.
struct HostsTable: Sendable {
    struct Entry: Sendable, Hashable {
        var address: IPAddress
        let names: [String]
        /// The line that gave it this address.
        var place: Place
    }

    let file: String
    /// Its first line.
    let place: Place
    var host: HostHint
    /// Whether all of the file is known.
    let isWhole: Bool
    private(set) var entries: [Entry] = []
    /// Lines that are no entry. What stands in them may be anything, and is not kept.
    private(set) var broken: [Place] = []

    init(_ fragment: Fragment) {
        file = fragment.file
        place = fragment.place(1)
        isWhole = true
        host = fragment.host
        for line in fragment.lines { add(line) }
        // Debian gives the host's own name to 127.0.1.1.
        let own = entries.first { $0.address == IPAddress("127.0.1.1") }?.names.first
        host.name = host.name ?? own
    }

    /// An empty one, for lines that a script adds.
    init(file: String, place: Place, host: HostHint) {
        self.file = file
        self.place = place
        self.host = host
        isWhole = false
    }

    mutating func add(_ line: Found<String>) {
        let words = line.value.prefix { $0 != "#" }.words
        guard let first = words.first else { return }
        // A zone behind an address says on which link it is.
        guard let address = IPAddress(first.prefix { $0 != "%" }.trimmed), words.count > 1 else {
            broken.append(line.place)
            return
        }
        entries.append(Entry(address: address, names: words.dropFirst().map { $0.lowercased() }, place: line.place))
    }

    /// What `sed s/OLD/NEW/` makes of the addresses; `.` in OLD is meant as itself.
    mutating func replace(_ old: String, with new: String, at place: Place) {
        for index in entries.indices {
            let text = entries[index].address.description
            guard !old.isEmpty, text.contains(old), let address = IPAddress(text.replacing(old, with: new)) else {
                continue
            }
            entries[index].address = address
            entries[index].place = place
        }
    }

    /// What a name means: the first line that has it counts.
    func address(of name: String) -> Found<IPAddress>? {
        entries.first { $0.names.contains(name) }.map { Found($0.address, $0.place) }
    }

    /// Entries of other hosts: neither loopback nor multicast nor broadcast.
    var usable: [Entry] { entries.filter { $0.address.unusable == nil } }
}
