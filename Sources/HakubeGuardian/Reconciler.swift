// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What the kernel holds for one virtual address: as observed, or as wanted.
package struct KernelTable: Sendable, Hashable {
    package var service: IPVSService?
    package var destinations: [IPVSDestination]
    package var route: LocalRoute?

    package init(service: IPVSService?, destinations: [IPVSDestination], route: LocalRoute?) {
        self.service = service
        self.destinations = destinations
        self.route = route
    }
}

/// One repair of the kernel's table.
package enum KernelChange: Sendable, Hashable {
    case addService(IPVSService)
    case updateService(IPVSService)
    case addDestination(IPVSDestination)
    case updateDestination(IPVSDestination)
    case removeDestination(SocketAddress)
    case setRoute(LocalRoute)
}

/// Compares what is with what shall be. Pure; called several times a second because the kernel's IPVS family has no
/// notifications.
package enum Reconciler {
    /// The repairs, in the order in which to make them: the set of real servers is never empty in between, and the
    /// route comes last, so that the first packet it lets in finds the rules.
    package static func changes(from observed: KernelTable, to wanted: KernelTable) -> [KernelChange] {
        var changes: [KernelChange] = []
        if let service = wanted.service {
            // A deleted service takes its destinations with it; what was observed of them is void.
            let present = observed.service == nil ? [] : observed.destinations
            switch observed.service {
            case nil: changes.append(.addService(service))
            case service: break
            default: changes.append(.updateService(service))
            }
            changes += destinationChanges(from: present, to: wanted.destinations)
        }
        if let route = wanted.route, !satisfies(observed.route, route) { changes.append(.setRoute(route)) }
        return changes
    }

    private static func destinationChanges(
        from observed: [IPVSDestination], to wanted: [IPVSDestination]
    ) -> [KernelChange] {
        let changed = wanted.compactMap { destination -> KernelChange? in
            guard let present = observed.first(where: { $0.address == destination.address }) else {
                return .addDestination(destination)
            }
            return present == destination ? nil : .updateDestination(destination)
        }
        let foreign = observed.filter { present in !wanted.contains { $0.address == present.address } }
        return changed + foreign.map { .removeDestination($0.address) }
    }

    private static func satisfies(_ observed: LocalRoute?, _ wanted: LocalRoute) -> Bool {
        guard let observed, observed.address == wanted.address else { return false }
        return wanted.source == nil || observed.source == wanted.source
    }
}

extension KernelChange: CustomStringConvertible {
    package var description: String {
        switch self {
        case .addService(let service): "added service \(service.virtual)"
        case .updateService(let service): "repaired service \(service.virtual)"
        case .addDestination(let destination): "added \(destination.address) with weight \(destination.weight)"
        case .updateDestination(let destination): "set \(destination.address) to weight \(destination.weight)"
        case .removeDestination(let address): "removed \(address)"
        case .setRoute(let route):
            "made \(route.address) local" + (route.source.map { " with source \($0)" } ?? "")
        }
    }
}
