// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// /etc/hosts, as files and as scripts make it.
extension Examination {
    mutating func checkHostsTables() {
        for table in material.hostsTables { checkOwn(table) }
        for table in material.hosts {
            checkLines(table)
            checkEndpointLine(table)
        }
        checkAgreement()
    }

    /// On a master the endpoint's name means the master itself, or an address that moves. A name that means one master is lost
    /// together with it.
    private mutating func checkOwn(_ table: HostsTable) {
        guard let own = picture.address(of: table.host) else { return }
        let isMaster = isMaster(own)
        for name in picture.endpointNames.sorted() {
            guard let meant = table.address(of: name), meant.value != own, picture.isMaster(meant.value) else {
                continue
            }
            if isMaster {
                report(
                    .hostsOtherMaster, at: meant.place,
                    "on the master \(own) the name \(name) comes to mean \(meant.value), another master, and is lost with it",
                    "give it \(own) here")
            } else if picture.masters.count > 1 {
                report(
                    .hostsOneMaster, at: meant.place,
                    "on \(own) the name \(name) means \(meant.value), one of \(picture.masters.count) masters, and is lost with it",
                    "give it an address behind which all masters are")
            }
        }
    }

    private func isMaster(_ address: IPAddress) -> Bool {
        if picture.isMaster(address) { return true }
        return picture.names.contains { $0.value.contains(address) && $0.key.contains("master") }
    }

    private mutating func checkLines(_ table: HostsTable) {
        for line in table.broken {
            report(
                .hostsLineBroken, at: line, "the line is none of a hosts file, and is passed over",
                "write ADDRESS NAME…")
        }
        var seen: [String: HostsTable.Entry] = [:]
        for entry in table.usable {
            for name in entry.names {
                let key = "\(entry.address.family.rawValue) \(name)"
                guard let first = seen[key] else {
                    seen[key] = entry
                    continue
                }
                guard first.address != entry.address else { continue }
                report(
                    .hostsNameTwice, at: entry.place,
                    "\(name) has \(first.address) on line \(first.place.line) already, and only the first line counts",
                    "keep one of the two")
            }
        }
    }

    /// A host that lacks the name is not led to the API servers, unless DNS has it.
    private mutating func checkEndpointLine(_ table: HostsTable) {
        guard material.hosts.count > 1, !table.entries.isEmpty else { return }
        for name in picture.endpointNames.sorted() where table.address(of: name) == nil {
            guard let other = material.hosts.first(where: { $0.address(of: name) != nil }) else { continue }
            report(
                .hostsLackEndpoint, at: table.place,
                "this hosts file lacks \(name), which \(other.file) has", "add the line, unless DNS knows the name")
        }
    }

    /// A host has one address, whoever asks.
    private mutating func checkAgreement() {
        var first: [String: HostsTable.Entry] = [:]
        for table in material.hosts {
            for entry in table.usable {
                for name in entry.names where !picture.endpointNames.contains(name) {
                    let key = "\(entry.address.family.rawValue) \(name)"
                    if let other = first[key], other.place.file != table.file, other.address != entry.address {
                        report(
                            .hostsFilesDiffer, at: entry.place,
                            "\(name) is \(entry.address) here and \(other.address) at \(other.place)",
                            "write the same address on every host")
                    }
                    first[key] = first[key] ?? entry
                }
            }
        }
    }
}
