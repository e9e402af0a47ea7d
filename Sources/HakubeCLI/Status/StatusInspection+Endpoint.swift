// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan

extension StatusInspection {
    /// Who has the address that moves between masters: one of them, unless routers send to all.
    var endpointFindings: [StatusFinding] {
        guard let floating = spec.endpoint.floating else { return [] }
        let missing = frontFindings
        if case .kubeVIP(_, .bgp) = spec.endpoint.strategy { return missing }
        return missing + holderFindings(floating)
    }

    /// One that is not there takes no part when it is needed.
    private var frontFindings: [StatusFinding] {
        let wanted = spec.endpoint.kind.images.map(\.lastPart)
        return spec.masters.flatMap { master -> [StatusFinding] in
            guard let answer = replies[master.id]?.answer else { return [] }
            return wanted.filter { !answer.fronts.contains($0) }.map { name in
                finding(
                    .fault, master.id.description, "\(name) does not run on it",
                    "see 'crictl ps -a' there and its log below /var/log/pods; 'hakube init' writes its pod anew")
            }
        }
    }

    private func holderFindings(_ floating: FloatingAddress) -> [StatusFinding] {
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
        guard holders.isEmpty, !asked.isEmpty else { return [] }
        let who = asked.count == spec.masters.count ? "no master has" : "none of the masters that answer has"
        return [
            finding(
                .fault, "", "\(who) the address \(floating.address)",
                "see 'crictl ps -a' and the logs of \(spec.endpoint.kind.rawValue) below /var/log/pods on the masters")
        ]
    }
}
