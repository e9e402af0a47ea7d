// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeGuardian
import Testing

struct HealthTests {
    private static let good = ProbeResult.answered(status: 200)
    private static let error = ProbeResult.answered(status: 500)

    private func health(after results: [ProbeResult]) -> Health {
        var tracker = HealthTracker()
        for result in results { _ = tracker.observe(result) }
        return tracker.health
    }

    @Test(arguments: [
        ([], Health.unknown),
        // The first result counts.
        ([good], .up), ([error], .sick), ([.timedOut], .sick), ([.refused], .down), ([.untrusted("x")], .sick),
        ([.broken("x")], .sick),
        // Two failures in a row, of whatever kind; one moves nothing.
        ([good, error], .up), ([good, error, error], .sick), ([good, .timedOut], .up),
        ([good, .timedOut, .timedOut], .sick), ([good, error, .timedOut], .sick), ([good, error, good, error], .up),
        // A refusal leaves no doubt.
        ([good, .refused], .down), ([error, .refused], .down),
        // Two successes bring it back.
        ([.refused, good], .down), ([.refused, good, good], .up), ([.refused, good, .timedOut, good], .down),
        ([error, good, good], .up),
    ])
    func `without a pulse health follows the probe`(results: [ProbeResult], expected: Health) {
        #expect(health(after: results) == expected)
    }

    @Test func `with a pulse a probe that hears nothing makes it sick, not dead`() {
        var tracker = HealthTracker()
        _ = tracker.observe(Pulse.beating, at: 0)
        for result in [Self.good, .timedOut, .timedOut, .timedOut] { _ = tracker.observe(result) }
        #expect(tracker.health == .sick)
    }

    @Test func `a living server that takes no new connections is on its way out, not dead`() {
        var tracker = HealthTracker()
        _ = tracker.observe(Pulse.beating, at: 0)
        for result in [Self.good, .refused] { _ = tracker.observe(result) }
        #expect(tracker.health == .sick)
    }

    @Test(arguments: [
        (Pulse.refused, Health.down), (.hostSilent, .down), (.processSilent, .sick), (.leaving, .sick),
    ])
    func `the pulse decides at once`(pulse: Pulse, expected: Health) {
        var tracker = HealthTracker()
        _ = tracker.observe(Self.good)
        let changed1 = tracker.observe(pulse, at: 0)
        #expect(changed1)
        #expect(tracker.health == expected)
        #expect(!tracker.isWorthLooking)
        // Back, and twice ready, before it gets traffic.
        let changed2 = tracker.observe(Pulse.beating, at: 10)
        #expect(!changed2)
        #expect(tracker.isWorthLooking)
        let changed3 = tracker.observe(Self.good)
        #expect(!changed3)
        #expect(tracker.isUndecided)
        let changed4 = tracker.observe(Self.good)
        #expect(changed4)
        #expect(tracker.health == .up)
        #expect(!tracker.isUndecided)
    }

    @Test func `a process that stays silent is given up after five seconds`() {
        var tracker = HealthTracker()
        _ = tracker.observe(Self.good)
        _ = tracker.observe(Pulse.processSilent, at: 1000)
        let changed5 = tracker.pass(at: 5999)
        #expect(!changed5)
        let changed6 = tracker.pass(at: 6000)
        #expect(changed6)
        #expect(tracker.health == .down)
        let changed7 = tracker.pass(at: 9000)
        #expect(!changed7)
    }

    @Test(arguments: [
        (200, true), (204, true), (401, true), (403, true), (429, true), (500, false), (503, false),
        (404, false), (301, false),
    ])
    func `an answer that needs credentials is an answer`(status: Int, isHealthy: Bool) {
        #expect(ProbeResult.answered(status: status).isHealthy() == isHealthy)
    }

    @Test(arguments: [(200, true), (401, true), (403, false), (429, true), (500, false)])
    func `a refusal is the answer of a server that starts while another one lets strangers ask`(
        status: Int, isHealthy: Bool
    ) {
        #expect(ProbeResult.answered(status: status).isHealthy(whileAnotherAdmits: true) == isHealthy)
        var tracker = HealthTracker()
        let results = [ProbeResult.refused, .answered(status: status), .answered(status: status)]
        for result in results { _ = tracker.observe(result, anotherAdmits: true) }
        #expect((tracker.health == .up) == isHealthy)
    }

    @Test func `only a server that is in use and answers well says that strangers may ask`() {
        var tracker = HealthTracker()
        #expect(!tracker.admits)
        _ = tracker.observe(.answered(status: 403))
        #expect(tracker.health == .up && !tracker.admits)
        _ = tracker.observe(Self.good)
        #expect(tracker.admits)
        _ = tracker.observe(.refused)
        _ = tracker.observe(Self.good)
        #expect(tracker.health == .down && !tracker.admits)
    }

    @Test func `only a change is reported as one`() {
        var tracker = HealthTracker()
        let changes = [Self.good, Self.good, Self.error, Self.error, Self.error].map { tracker.observe($0) }
        #expect(changes == [true, false, false, true, false])
        #expect(tracker.lastResult == Self.error)
    }
}

struct RotationTests {
    private func rotation(_ healths: Health...) throws -> Rotation {
        Rotation(
            try healths.enumerated().map { index, health in
                Rotation.Server(try #require(SocketAddress("10.0.0.\(index + 1):6443")), health)
            })
    }

    private func hosts(_ addresses: [SocketAddress]) -> [UInt8] { addresses.map { $0.address.bytes[3] } }

    @Test func `unknown servers count as up`() throws {
        let rotation = try rotation(.unknown, .up)
        #expect(rotation.destinations.map(\.weight) == [1, 1])
        #expect(!rotation.isFailOpen)
    }

    @Test func `one that was added later gets traffic once it was seen alive`() throws {
        let added = try #require(SocketAddress("10.0.0.9:6443"))
        func weights(_ health: Health) throws -> [UInt32?] {
            let known = Rotation.Server(try #require(SocketAddress("10.0.0.1:6443")), health)
            return Rotation([known, Rotation.Server(added, .unknown, isOriginal: false)]).entries.map(\.weight)
        }
        #expect(try weights(.up) == [1, 0])
        // It ends no time without any, either.
        #expect(try weights(.down) == [1, 1])
    }

    @Test func `one that is wanted no more ends what it has, and serves as long as no other does`() throws {
        var leaver = Rotation.Server(try #require(SocketAddress("10.0.0.9:6443")), .up)
        leaver.isLeaving = true
        func weights(_ health: Health) throws -> [UInt32?] {
            let wanted = Rotation.Server(try #require(SocketAddress("10.0.0.1:6443")), health, isOriginal: false)
            return Rotation([wanted, leaver]).entries.map(\.weight)
        }
        #expect(try weights(.up) == [1, 0])
        #expect(try weights(.unknown) == [1, 1])
        #expect(try weights(.down) == [1, 1])
    }

    @Test func `a sick one is drained and a dead one is out`() throws {
        let rotation = try rotation(.up, .sick, .down)
        #expect(hosts(rotation.destinations.map(\.address)) == [1, 2])
        #expect(rotation.destinations.map(\.weight) == [1, 0])
        #expect(rotation.entries.map(\.weight) == [1, 0, nil])
    }

    @Test(arguments: [[Health.down, .down, .down], [.sick, .sick, .sick]])
    func `when none looks healthy all of them stay`(healths: [Health]) throws {
        let rotation = try rotation(healths[0], healths[1], healths[2])
        #expect(rotation.isFailOpen)
        #expect(rotation.destinations.map(\.weight) == [1, 1, 1])
        #expect(rotation.entries.allSatisfy { rotation.keepsConnections(to: $0.address) })
    }

    @Test func `when none looks healthy the living ones get the traffic and nobody loses a connection`() throws {
        let rotation = try rotation(.down, .sick, .down)
        #expect(rotation.isFailOpen)
        #expect(rotation.entries.map(\.weight) == [0, 1, 0])
    }

    @Test
    func
        `after a time without any the first to come back does not cost the others their connections unless they refuse`()
        throws
    {
        let addresses = try (1...3).map { try #require(SocketAddress("10.0.0.\($0):6443")) }
        var rule = RotationRule()
        func rotation(_ healths: [Health], certain: [Bool], at now: Int64) -> [UInt32?] {
            let servers = addresses.indices.map { Rotation.Server(addresses[$0], healths[$0], isCertain: certain[$0]) }
            return rule.rotation(of: servers, at: now).entries.map(\.weight)
        }
        let weights8 = rotation([.down, .down, .down], certain: [false, false, true], at: 0)
        #expect(weights8 == [1, 1, 1])
        let weights9 = rotation([.up, .down, .down], certain: [false, false, true], at: 200)
        #expect(weights9 == [1, 0, nil])
        let weights10 = rotation([.up, .down, .down], certain: [false, false, true], at: 1499)
        #expect(weights10 == [1, 0, nil])
        let weights11 = rotation([.up, .down, .down], certain: [false, false, true], at: 1500)
        #expect(weights11 == [1, nil, nil])
    }

    @Test func `connections take turns among the healthy and try the rest last`() throws {
        let rotation = try rotation(.up, .down, .up, .sick)
        #expect(hosts(rotation.candidates(turn: 0)) == [1, 3, 2, 4])
        #expect(hosts(rotation.candidates(turn: 1)) == [3, 1, 2, 4])
        #expect(hosts(rotation.candidates(turn: 2)) == [1, 3, 2, 4])
    }

    @Test func `connections to dead and to foreign servers do not live on`() throws {
        let rotation = try rotation(.up, .down, .sick)
        let kept = try [1, 2, 3, 4].map {
            rotation.keepsConnections(to: try #require(SocketAddress("10.0.0.\($0):6443")))
        }
        #expect(kept == [true, false, true, false])
    }
}
