// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import Foundation
import HakubeBundle
import HakubeModel
import HakubePlan

/// `hakube plan`: what init would do, and nothing else.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Show what init would do, step by step; changes nothing.")

    @OptionGroup var inventory: InventoryOptions
    @OptionGroup var connection: ConnectionOptions

    @Option(help: "The offline bundle; may be given once for each architecture.")
    var bundle: [String] = []

    @Flag(help: "Suppose every host to be newly installed and connect to none.")
    var assumeFresh = false

    @Option(help: "text or json.")
    var output = OutputOptions.Format.text

    func run() async throws {
        let (spec, contents) = try inventory.planned(with: bundle.isEmpty ? nil : BundleSet(bundle))
        if assumeFresh {
            let input = PlanInput.assumingFresh(spec, bundle: contents, parallel: connection.parallel)
            try PlanOutput.show(Planner(input).initialisation(), as: output)
            return
        }
        let session = try ClusterSession(spec: spec, bundle: contents, connection: connection)
        try await Interrupt.cancels {
            let survey = try await session.checkedSurvey()
            let input = PlanInput(
                spec: spec, facts: survey.facts, bundle: contents, parallel: connection.parallel,
                etcdMembers: survey.etcdMembers)
            try PlanOutput.show(Planner(input).initialisation(), as: output)
            await session.close()
        }
    }
}

/// Prints a plan in the form asked for.
enum PlanOutput {
    static func show(_ plan: Plan, as format: OutputOptions.Format) throws {
        switch format {
        case .text: print(plan.text, terminator: "")
        case .json: FileHandle.standardOutput.write(try plan.json())
        }
    }
}
