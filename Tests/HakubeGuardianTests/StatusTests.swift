// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Testing

@testable import HakubeGuardian

struct StatusTests {
    private let state = GuardianState(
        version: "v0.1.0", backend: "proxy", reason: "the kernel has no IPVS", virtual: "10.103.97.2:6443",
        processID: 7,
        started: "2026-11-21T09:00:00Z", isFailOpen: false, isVerifying: true, problem: nil,
        real: [
            .init(address: "10.0.0.1:6443", health: "up", weight: 1, since: "2026-11-21T09:00:01Z", detail: "HTTP 200"),
            .init(
                address: "10.0.0.12:6443", health: "down", weight: nil, since: "2026-11-21T09:00:02Z", detail: "refused"
            ),
        ])

    @Test func `a state survives its file`() throws {
        var state = state
        state.suspectsItself = true
        state.configuration = .init(path: "/etc/hakube/guardian.json", problem: "torn")
        state.transitions = [Transition(time: "t", server: "s", from: "up", to: "down", reason: "r")]
        let text = state.json.text()
        #expect(GuardianState(try JSONValue(parsing: Array(text.utf8))) == state)
        #expect(GuardianState(.object([])) == nil)
    }

    @Test func `the text is a table that people can read`() {
        let expected = """
            Guardian  v0.1.0, running since 2026-11-21T09:00:00Z
            Backend   proxy: the kernel has no IPVS
            Virtual   10.103.97.2:6443
            Verifies  with the cluster's CA

            REAL SERVER     STATE  WEIGHT  SINCE                 LAST SEEN
            10.0.0.1:6443   up     1       2026-11-21T09:00:01Z  HTTP 200
            10.0.0.12:6443  down   -       2026-11-21T09:00:02Z  refused
            """
        #expect(StatusReport(state: state, isRunning: true).text == expected)
    }

    @Test func `the exit code is 0 only when traffic reaches a healthy server`() {
        #expect(StatusReport(state: state, isRunning: true).exitCode == 0)
        #expect(StatusReport(state: state, isRunning: false).exitCode == 5)
        #expect(StatusReport(state: nil, isRunning: true).exitCode == 5)
        var broken = state
        broken.problem = "no permission"
        #expect(StatusReport(state: broken, isRunning: true).exitCode == 5)
        broken = state
        broken.configuration = .init(path: "/c", problem: "torn")
        #expect(StatusReport(state: broken, isRunning: true).exitCode == 5)
        broken = state
        broken.real[0].health = "sick"
        #expect(StatusReport(state: broken, isRunning: true).exitCode == 5)
    }

    private func live(_ servers: [(String, UInt32)], hasService: Bool? = true, hasRoute: Bool = true) throws
        -> LiveTable
    {
        LiveTable(
            hasService: hasService,
            destinations: try servers.map { IPVSDestination(try #require(SocketAddress($0)), weight: $1) },
            hasRoute: hasRoute)
    }

    @Test func `a kernel's table that is as wanted deviates in nothing`() throws {
        #expect(try live([("10.0.0.1:6443", 1)]).deviations(from: state) == [])
        #expect(try live([], hasService: nil).deviations(from: state) == [])
        let bypassed = LiveTable(hasService: nil, destinations: [], hasRoute: true, isBypassed: true)
        #expect(
            bypassed.deviations(from: state) == ["an IPVS service for 10.103.97.2:6443 takes the proxy's connections"])
    }

    @Test func `every deviation is named and is a reason to worry`() throws {
        let table = try live([("10.0.0.1:6443", 7), ("10.0.0.12:6443", 1)], hasRoute: false)
        #expect(
            table.deviations(from: state) == [
                "10.103.97.2:6443 is not local to this node",
                "10.0.0.1:6443 has weight 7 in the kernel's table instead of 1",
                "10.0.0.12:6443 is in the kernel's table and not wanted",
            ])
        #expect(try live([]).deviations(from: state) == ["10.0.0.1:6443 is missing from the kernel's table"])
        #expect(
            try live([], hasService: false).deviations(from: state) == ["the IPVS service 10.103.97.2:6443 is missing"])
        #expect(StatusReport(state: state, isRunning: true, live: table).exitCode == 5)
    }

    @Test func `a request that does not get through is a reason to worry`() {
        let good = VirtualProbe(result: .answered(status: 200), milliseconds: 3)
        #expect(StatusReport(state: state, isRunning: true, probe: good).exitCode == 0)
        let bad = VirtualProbe(result: .refused, milliseconds: 0)
        #expect(StatusReport(state: state, isRunning: true, probe: bad).exitCode == 5)
        #expect(
            StatusReport(state: state, isRunning: true, probe: bad).json.contains(#""detail": "connection refused""#))
    }

    @Test func `transitions are told newest last`() {
        var told = state
        told.transitions = [
            Transition(
                time: "2026-11-21T09:00:02Z", server: "10.0.0.12:6443", from: "up", to: "down", reason: "refused")
        ]
        let text = StatusReport(state: told, isRunning: true).text
        #expect(text.hasSuffix("\n\n2026-11-21T09:00:02Z  10.0.0.12:6443 is down, was up: refused"))
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }
}
