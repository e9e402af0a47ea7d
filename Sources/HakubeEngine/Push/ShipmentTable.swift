// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTransport

/// What a host gets depends on these.
struct CargoKind: Sendable, Hashable {
    let role: Role
    let arch: Architecture
}

/// Every item of a run, numbered, and which hosts need it.
struct ShipmentTable: Sendable {
    let items: [ShipmentItem]
    /// By kind, the numbers of its items in the order in which they are sent.
    let cargo: [CargoKind: [Int]]
    /// Items of the same kinds; those that most kinds need come first.
    let groups: [RelayGroup]
    let audience: [Int: Set<HostID>]

    init(_ shipments: [CargoKind: any Shipment], hosts: [HostID: CargoKind]) {
        var numbers: [ShipmentItem: Int] = [:]
        var items: [ShipmentItem] = []
        var cargo: [CargoKind: [Int]] = [:]
        var kinds: [Int: Set<CargoKind>] = [:]
        let order = shipments.keys.sorted { ($0.role.rawValue, $0.arch) < ($1.role.rawValue, $1.arch) }
        for kind in order {
            for item in shipments[kind]?.items ?? [] {
                let number = numbers[item] ?? items.count
                if number == items.count { items.append(item) }
                numbers[item] = number
                cargo[kind, default: []].append(number)
                kinds[number, default: []].insert(kind)
            }
        }
        let sets = Set(kinds.values).sorted { left, right in
            left.count == right.count
                ? order.first { left.contains($0) != right.contains($0) }.map(left.contains) ?? false
                : left.count > right.count
        }
        self.items = items
        self.cargo = cargo
        groups = sets.enumerated().map { id, set in
            let numbers = order.first(where: set.contains).flatMap { cargo[$0] } ?? []
            return RelayGroup(
                id: id, items: numbers.filter { kinds[$0] == set }.map { (index: $0, wire: items[$0].wire) })
        }
        audience = Dictionary(
            uniqueKeysWithValues: sets.enumerated().map { id, set in
                (id, Set(hosts.filter { set.contains($0.value) }.keys))
            })
    }

    func groups(for kind: CargoKind) -> [RelayGroup] {
        let own = Set(cargo[kind] ?? [])
        return groups.filter { group in group.items.contains(where: own.contains) }
    }
}
