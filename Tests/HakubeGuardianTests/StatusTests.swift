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
        broken.real[0].health = "sick"
        #expect(StatusReport(state: broken, isRunning: true).exitCode == 5)
    }
}
