// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan
import HakubeTestSupport
import Testing

extension Lab {
    /// Gives a host back, as the removal of a whole cluster does once the cluster's side is done.
    ///
    /// - Returns: the steps that found something to do.
    func giveBack(_ host: String) async throws -> [String] {
        let spec = try SampleCluster.spec(
            masters: ["10.0.0.1"], kubernetes: "v1.20.2", pods: ["100.64.0.0/10"])
        var acted: [String] = []
        for step in try ReceiptFiles(spec: spec).givingBack(spec.masters[0]) {
            if let unless = step.unless, try await on(host, "set -eu\n\(unless.text)").status == 0 { continue }
            guard case .run(let script) = step.action else { continue }
            let run = try await on(host, "set -eu\n\(script.text)")
            try #require(run.status == 0, "\(host) \(step.id): \(run.out)\(run.err)")
            acted.append(step.id)
        }
        // The command's lock goes at its end, also one that a killed run left.
        let unlocked = try await on(host, "rm -f /run/hakube.lock /run/hakube.last")
        try #require(unlocked.status == 0, "\(unlocked.err)")
        return acted
    }
}
