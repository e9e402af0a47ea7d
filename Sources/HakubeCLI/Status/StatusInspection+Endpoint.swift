// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension StatusInspection {
    /// Who has the address that moves between masters: one of them, unless routers send to all.
    var endpointFindings: [StatusFinding] {
        guard let floating = spec.endpoint.floating else { return [] }
        if case .kubeVIP(_, .bgp) = spec.endpoint.strategy { return [] }
        let asked = spec.masters.filter { replies[$0.id]?.answer != nil }
        let holders = asked.filter { replies[$0.id]?.answer?.holdsVIP == true }.map(\.id.description)
        if holders.count > 1 {
            return [
                finding(
                    .fault, "",
                    "\(holders.joined(separator: " and ")) have the address \(floating.address) at the same time",
                    "see whether the masters reach each other, and the logs of \(spec.endpoint.kind.rawValue) on them")
            ]
        }
        guard holders.isEmpty, asked.count == spec.masters.count else { return [] }
        return [
            finding(
                .fault, "", "no master has the address \(floating.address)",
                "see 'crictl ps -a' and the logs of \(spec.endpoint.kind.rawValue) below /var/log/pods on the masters")
        ]
    }
}
