// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan
import HakubeTestSupport
import Testing

extension Lab {
    /// Asks a host for everything that giving it back would do, and does it.
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
        return acted
    }
}
