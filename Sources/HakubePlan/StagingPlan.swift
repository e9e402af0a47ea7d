// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Planner {
    /// The bundle's files onto the hosts, and nothing else. A later `initialisation` finds them there and sends nothing.
    ///
    /// No receipt is recorded: it has to tell what stood on a host when the host was changed, and that may be weeks later.
    package func staging() -> Plan { plan([pushPhase()]) }
}

extension Preflight {
    /// What a host must have to take the bundle's files: the right architecture and the room that installing them needs.
    ///
    /// All else is looked at when a cluster is made of the hosts.
    package var stagingFindings: [Finding] {
        spec.hosts.flatMap { host in
            facts[host.id].map { architectureFindings(host, $0) + diskFindings(host, $0) } ?? []
        }
    }
}
