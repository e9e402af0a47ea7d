// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import Foundation
import HakubeBundle
import HakubeEngine
import HakubeModel
import HakubePlan

/// `hakube init`: a highly available cluster from bare hosts and one bundle.
struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a highly available cluster, or finish making it.",
        discussion: """
            Checks every host and the bundle first, shows the plan and asks; only then is anything touched. Run again, it \
            changes nothing on a cluster that stands, and finishes one that was left half made.
            """)

    @OptionGroup var inventory: InventoryOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var lock: LockOptions

    @Option(help: ArgumentHelp("The offline bundle.", valueName: "file"))
    var bundle: String

    @Flag(name: .shortAndLong, help: "Do it without asking.")
    var yes = false

    @Flag(help: "Show the plan from the hosts' real state, and do nothing.")
    var dryRun = false

    func run() async throws {
        let (spec, contents) = try inventory.planned(with: bundle)
        let session = try ClusterSession(spec: spec, bundle: contents, connection: connection)
        _ = try await verifiedBundle(bundle)
        try await Interrupt.cancels {
            let facts = try await session.checkedFacts(takeOver: dryRun ? nil : lock.takeOver)
            let input = PlanInput(spec: spec, facts: facts, bundle: contents, parallel: connection.parallel)
            let plan = try Planner(input).initialisation()
            if dryRun {
                try PlanOutput.show(plan, as: output.output)
            } else if try yes || consent(plan, spec) {
                try await PlanRun(
                    plan: plan, session: session, reader: BundleReader(bundle), output: output,
                    takeOver: lock.takeOver
                ).carryOut()
            } else {
                throw CancellationError()
            }
            await session.close()
        }
    }

    private func consent(_ plan: Plan, _ spec: ClusterSpec) throws -> Bool {
        FileHandle.standardError.write(Data((plan.text + "\n").utf8))
        let hosts = spec.hosts.count == 1 ? "1 host" : "\(spec.hosts.count) hosts"
        return try Confirmation.ask("Do this on \(hosts)?")
    }
}
