// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeGuardian
import Testing

struct ReconcilerTests {
    private static let virtual = address("10.103.97.2:6443")
    private static let service = IPVSService(virtual)
    private static let one = IPVSDestination(address("10.0.0.1:6443"))
    private static let two = IPVSDestination(address("10.0.0.2:6443"))
    private static let foreign = IPVSDestination(address("10.0.0.99:6443"))
    private static let route = LocalRoute(virtual.address, source: IPAddress("10.0.0.9"))
    private static let wanted = KernelTable(service: service, destinations: [one, two], route: route)

    private static func address(_ text: String) -> SocketAddress {
        guard let address = SocketAddress(text) else { preconditionFailure("\(text) is no address") }
        return address
    }

    private func changes(_ modify: (inout KernelTable) -> Void) -> [KernelChange] {
        var observed = Self.wanted
        modify(&observed)
        return Reconciler.changes(from: observed, to: Self.wanted)
    }

    @Test func `what is right is left alone`() {
        #expect(changes { _ in } == [])
        #expect(changes { $0.destinations.reverse() } == [])
    }

    @Test func `from nothing the route comes last`() {
        let expected: [KernelChange] = [
            .addService(Self.service), .addDestination(Self.one), .addDestination(Self.two), .setRoute(Self.route),
        ]
        #expect(changes { $0 = KernelTable(service: nil, destinations: [], route: nil) } == expected)
    }

    @Test func `a flushed service comes back with its real servers`() {
        let expected: [KernelChange] = [
            .addService(Self.service), .addDestination(Self.one), .addDestination(Self.two),
        ]
        // Even if destinations were still seen: they went with the service.
        #expect(changes { $0.service = nil } == expected)
    }

    @Test func `a changed scheduler, flag or time-out is set back`() {
        #expect(changes { $0.service?.scheduler = "wlc" } == [.updateService(Self.service)])
        #expect(changes { $0.service?.flags = 1 } == [.updateService(Self.service)])
        #expect(changes { $0.service?.timeout = 300 } == [.updateService(Self.service)])
    }

    @Test func `a missing real server is added`() {
        #expect(changes { $0.destinations.removeFirst() } == [.addDestination(Self.one)])
    }

    @Test func `a foreign real server is removed`() {
        #expect(changes { $0.destinations.append(Self.foreign) } == [.removeDestination(Self.foreign.address)])
    }

    @Test func `a foreign one is removed after the wanted were added`() {
        let expected: [KernelChange] = [
            .addDestination(Self.one), .addDestination(Self.two), .removeDestination(Self.foreign.address),
        ]
        #expect(changes { $0.destinations = [Self.foreign] } == expected)
    }

    @Test func `the same host with another port is another server`() {
        let other = IPVSDestination(Self.address("10.0.0.1:6444"))
        #expect(
            changes { $0.destinations[0] = other } == [.addDestination(Self.one), .removeDestination(other.address)])
    }

    @Test func `a changed weight, method or threshold is set back`() {
        #expect(changes { $0.destinations[1].weight = 7 } == [.updateDestination(Self.two)])
        #expect(changes { $0.destinations[1].forwarding = 3 } == [.updateDestination(Self.two)])
        #expect(changes { $0.destinations[1].upperThreshold = 1 } == [.updateDestination(Self.two)])
        #expect(changes { $0.destinations[1].lowerThreshold = 1 } == [.updateDestination(Self.two)])
    }

    @Test func `a missing route or one with another source is made`() {
        #expect(changes { $0.route = nil } == [.setRoute(Self.route)])
        #expect(changes { $0.route?.source = Self.virtual.address } == [.setRoute(Self.route)])
    }

    @Test func `any source will do as long as this node's own is unknown`() {
        var wanted = Self.wanted
        wanted.route?.source = nil
        #expect(Reconciler.changes(from: Self.wanted, to: wanted) == [])
    }

    @Test func `a proxy wants the route alone`() {
        let bare = KernelTable(service: nil, destinations: [], route: Self.route)
        #expect(
            Reconciler.changes(from: KernelTable(service: nil, destinations: [], route: nil), to: bare)
                == [.setRoute(Self.route)])
    }
}
