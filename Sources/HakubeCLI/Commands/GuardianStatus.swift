// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import Foundation
import HakubeModel

/// `hakube guardian status`: what every worker's guardian does, held against the inventory. Reads only.
struct GuardianStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show every worker's guardian: backend, masters, deviations, a probe.",
        discussion: """
            Asks the workers of the inventory, and no other host. Ends with 5 when a worker deviates, cannot be reached, \
            has no guardian, or balances over other masters than the inventory's. A master that is down is shown; it is \
            no deviation.
            """)

    @OptionGroup var inventory: InventoryOptions
    @OptionGroup var connection: ConnectionOptions

    @Option(help: "text or json.")
    var output = OutputOptions.Format.text

    func run() async throws {
        let spec = try inventory.standingCluster()
        guard spec.endpoint.guardian != nil else {
            throw InventoryError(problems: [
                Problem(
                    place: inventory.file ?? "--strategy",
                    message: "with the endpoint strategy \(spec.endpoint.kind.rawValue) workers have no guardian",
                    remedy: "see 'hakube status' for what the endpoint does")
            ])
        }
        let session = try ClusterSession(spec: spec, bundle: nil, connection: connection)
        try await Interrupt.cancels {
            ClusterSession.announce("asking", spec.nodes.count)
            let survey = GuardianSurvey(pool: session.pool, parallel: connection.parallel)
            let answers = try await survey.answers(of: spec.nodes)
            await session.close()
            let findings = GuardianInspection(spec: spec).findings(answers)
            switch output {
            case .text: print(GuardianText(spec: spec, findings: findings).text, terminator: "")
            case .json:
                let document = GuardianDocument(spec: spec, findings: findings)
                FileHandle.standardOutput.write(try document.json())
            }
            guard findings.allSatisfy({ $0.verdict == .inOrder }) else { throw RunEnded(family: .step) }
        }
    }
}
