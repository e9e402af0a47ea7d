// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What stands in the kernel at the moment of looking, and one request through it: the proof that is independent of what the
/// running guardian says of itself.
package struct LiveTable: Sendable, Hashable {
    /// Whether the IPVS service is there; nil for the proxy, which has none.
    package var hasService: Bool?
    package var destinations: [IPVSDestination]
    package var hasRoute: Bool
    /// Whether an IPVS service takes the packets that are meant for the proxy.
    package var isBypassed: Bool

    package init(hasService: Bool?, destinations: [IPVSDestination], hasRoute: Bool, isBypassed: Bool = false) {
        self.hasService = hasService
        self.destinations = destinations
        self.hasRoute = hasRoute
        self.isBypassed = isBypassed
    }

    /// nil when the kernel does not tell, for example because this is not root.
    static func read(_ virtual: SocketAddress, backend: BackendKind) -> LiveTable? {
        do {
            let routes = try RouteTable()
            if backend == .proxy {
                let route = try routes.localRoute(to: virtual.address)
                let isBypassed = try IPVSClient()?.service(virtual) != nil
                return LiveTable(hasService: nil, destinations: [], hasRoute: route != nil, isBypassed: isBypassed)
            }
            guard let table = try IPVSClient()?.table(of: virtual, routes: routes) else { return nil }
            return LiveTable(
                hasService: table.service != nil, destinations: table.destinations, hasRoute: table.route != nil)
        } catch { return nil }
    }

    /// Where it is not as the guardian wants it, one sentence each.
    package func deviations(from state: GuardianState) -> [String] {
        var found: [String] = []
        if !hasRoute { found.append("\(state.virtual) is not local to this node") }
        if isBypassed { found.append("an IPVS service for \(state.virtual) takes the proxy's connections") }
        guard let hasService else { return found }
        guard hasService else { return found + ["the IPVS service \(state.virtual) is missing"] }
        let wanted = state.real.compactMap { server in server.weight.map { (server.address, $0) } }
        for (address, weight) in wanted {
            switch destinations.first(where: { $0.address.description == address })?.weight {
            case nil: found.append("\(address) is missing from the kernel's table")
            case let live? where Int(live) != weight:
                found.append("\(address) has weight \(live) in the kernel's table instead of \(weight)")
            default: continue
            }
        }
        for destination in destinations where !wanted.contains(where: { $0.0 == destination.address.description }) {
            found.append("\(destination.address) is in the kernel's table and not wanted")
        }
        return found
    }

    var json: JSONValue {
        guard let hasService else {
            return .object([.init("route", .bool(hasRoute))])
        }
        let list = destinations.map { destination in
            JSONValue.object([
                .init("address", .string(destination.address.description)),
                .init("weight", .number(Int(destination.weight))),
            ])
        }
        return .object([
            .init("service", .bool(hasService)), .init("destinations", .array(list)), .init("route", .bool(hasRoute)),
        ])
    }
}

/// One request for readiness through the virtual address.
package struct VirtualProbe: Sendable, Hashable {
    package var result: ProbeResult
    package var milliseconds: Int

    package init(result: ProbeResult, milliseconds: Int) {
        self.result = result
        self.milliseconds = milliseconds
    }

    /// Waits for the answer, for at most two seconds.
    static func look(at virtual: SocketAddress, certificateAuthority: String) -> VirtualProbe {
        let loop = EventLoop()
        let start = Instant.now
        var seen = ProbeResult.timedOut
        let timing = ProbeTiming(interval: 2000, timeout: 2000)
        let probe = HealthProbe(
            virtual, loop: loop, tls: TLSSettings(certificateAuthority: certificateAuthority), timing: timing
        ) { result in
            seen = result
            loop.stop()
            return .rest
        }
        probe.look()
        loop.run()
        return VirtualProbe(result: seen, milliseconds: Int(Instant.now.milliseconds(since: start)))
    }

    var json: JSONValue {
        var status = JSONValue.null
        if case .answered(let number) = result { status = .number(number) }
        return .object([
            .init("ok", .bool(result.isHealthy())), .init("status", status),
            .init("milliseconds", .number(milliseconds)),
            .init("detail", .string(result.description)),
        ])
    }
}
