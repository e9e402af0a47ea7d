// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import Foundation
import HakubeModel

/// `hakube status`: a standing cluster as it is, held against what it shall be. Reads only.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show hosts, nodes, API servers, etcd, guardians, certificates, and what is not as it should be.",
        discussion: """
            Asks every host once and one master for the cluster; a host that cannot be reached hides no other. Each fault \
            comes with what to do. Ends with 5 when there is a fault; cautions and notes leave it at 0.
            """)

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var connection: ConnectionOptions

    @Option(help: "text or json.")
    var output = OutputOptions.Format.text

    func run() async throws {
        try await Interrupt.cancels {
            let standing = try await ClusterSource(cluster, connection).standing()
            let spec = standing.spec
            ClusterSession.announce("asking", spec.hosts.count)
            let survey = StatusSurvey(
                spec: spec, pool: standing.session.pool, parallel: connection.parallel,
                unreachable: standing.unreachable)
            let replies = try await survey.replies()
            let cluster = try await survey.cluster(replies)
            await standing.session.close()
            let inspection = StatusInspection(
                spec: spec, origin: standing.origin, moment: Date(), replies: replies, cluster: cluster)
            let status = inspection.status
            switch output {
            case .text: print(StatusText(status: status).text, terminator: "")
            case .json: FileHandle.standardOutput.write(try StatusDocument(status).json())
            }
            guard status.isInOrder else { throw RunEnded(family: .step) }
        }
    }
}
