// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel

/// The stable shape of `hakube guardian status --output json`. A key once published stays; new ones may come.
struct GuardianDocument: Encodable {
    struct Worker: Encodable {
        let host: String
        let verdict: GuardianFinding.Verdict
        let problems: [Fault]
        let notes: [String]
        /// What the guardian itself said; left out where it said nothing.
        let status: GuardianReport?
    }

    struct Fault: Encodable {
        let message: String
        let remedy: String
    }

    let format = 1
    let cluster: String
    let endpoint: String
    let masters: [String]
    let inOrder: Bool
    let workers: [Worker]

    init(spec: ClusterSpec, findings: [GuardianFinding]) {
        cluster = spec.name
        endpoint = "\(spec.endpoint.vip?.bracketed ?? spec.endpoint.name):\(spec.endpoint.port)"
        masters = spec.masters.map { "\($0.address.bracketed):\(spec.endpoint.serverPort)" }
        inOrder = findings.allSatisfy { $0.verdict == .inOrder }
        workers = findings.map { finding in
            Worker(
                host: finding.host.description, verdict: finding.verdict,
                problems: finding.problems.map { Fault(message: $0.message, remedy: $0.remedy) }, notes: finding.notes,
                status: finding.report)
        }
    }

    /// Sorted keys, a newline at the end.
    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + Data("\n".utf8)
    }
}
