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
        ([good], .up), ([error], .sick), ([.timedOut], .down), ([.refused], .down), ([.untrusted("x")], .sick),
        ([.broken("x")], .down),
        // Two failures in a row, of whatever kind; one moves nothing.
        ([good, error], .up), ([good, error, error], .sick), ([good, .timedOut], .up),
        ([good, .timedOut, .timedOut], .down), ([good, error, .timedOut], .down), ([good, .timedOut, error], .sick),
        ([good, error, good, error], .up),
        // A refusal leaves no doubt.
        ([good, .refused], .down),
        // Two successes bring it back.
        ([.refused, good], .down), ([.refused, good, good], .up), ([.refused, good, .timedOut, good], .down),
        ([error, good, good], .up),
        // Sick and then silent is dead.
        ([error, .timedOut, .timedOut], .down), ([error, .refused], .down),
    ])
    func `health follows the results`(results: [ProbeResult], expected: Health) {
        #expect(health(after: results) == expected)
    }

    @Test(arguments: [
        (200, true), (204, true), (401, true), (403, true), (429, true), (500, false), (503, false),
        (404, false), (301, false),
    ])
    func `an answer that needs credentials is an answer`(status: Int, isHealthy: Bool) {
        #expect(ProbeResult.answered(status: status).isHealthy == isHealthy)
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
                (try #require(SocketAddress("10.0.0.\(index + 1):6443")), health)
            })
    }

    private func hosts(_ addresses: [SocketAddress]) -> [UInt8] { addresses.map { $0.address.bytes[3] } }

    @Test func `unknown servers count as up`() throws {
        let rotation = try rotation(.unknown, .up)
        #expect(rotation.destinations.map(\.weight) == [1, 1])
        #expect(!rotation.isFailOpen)
    }

    @Test func `a sick one is drained and a dead one is out`() throws {
        let rotation = try rotation(.up, .sick, .down)
        #expect(hosts(rotation.destinations.map(\.address)) == [1, 2])
        #expect(rotation.destinations.map(\.weight) == [1, 0])
        #expect(rotation.entries.map(\.weight) == [1, 0, nil])
    }

    @Test(arguments: [[Health.down, .down, .down], [.sick, .sick, .sick], [.down, .sick, .down]])
    func `when none looks healthy all of them stay`(healths: [Health]) throws {
        let rotation = try rotation(healths[0], healths[1], healths[2])
        #expect(rotation.isFailOpen)
        #expect(rotation.destinations.map(\.weight) == [1, 1, 1])
        #expect(rotation.entries.allSatisfy { rotation.keepsConnections(to: $0.address) })
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
