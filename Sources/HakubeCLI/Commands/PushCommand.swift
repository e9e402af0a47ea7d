// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import HakubeBundle
import HakubeEngine
import HakubeModel
import HakubePlan

/// `hakube push`: the bundle's files go to the hosts ahead of time.
struct PushCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push", abstract: "Send the bundle's files to the hosts, and change nothing else there.",
        discussion: """
            What hosts have already is not sent, and what a run that was cut off has sent stays sent. The files lie in \
            /var/lib/hakube/stage until init or join installs them, which then send nothing; files of another bundle there \
            give way. Each host holds every byte against the bundle's list of digests. clean takes them away. docs/push.md \
            says how the bytes travel.
            """)

    @OptionGroup var inventory: InventoryOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    @OptionGroup var bundle: BundleOptions
    @OptionGroup var options: RunOptions
    @OptionGroup var push: PushOptions

    func run() async throws {
        let bundles = try inventory.open(bundle)
        let (spec, contents) = try inventory.planned(with: bundles, allowsEvenMasters: true)
        let session = try ClusterSession(spec: spec, bundle: contents, connection: connection)
        try await Interrupt.cancels {
            let facts = try await session.stagingFacts(claiming: options.claims)
            let input = PlanInput(spec: spec, facts: facts, bundle: contents, parallel: connection.parallel)
            let plan = Planner(input).staging()
            if options.dryRun {
                try PlanOutput.show(plan, as: output.output)
            } else {
                try options.consent(to: plan, on: spec.hosts.count)
                try await PlanRun(
                    plan: plan, session: session, bundles: bundles, output: output, facts: input.facts,
                    push: push.settings, takeOver: options.takeOver
                ).carryOut()
            }
            await session.close()
        }
    }
}

extension ClusterSession {
    /// Facts of all hosts that can take the bundle's files.
    ///
    /// - Throws: as `checkedSurvey`.
    fileprivate func stagingFacts(claiming takeOver: Bool?) async throws -> [HostID: Facts] {
        let survey = try await survey(claiming: takeOver)
        guard survey.silent.isEmpty else { throw HostErrors(errors: survey.silent.map(\.error)) }
        try accept(Preflight(spec: spec, facts: survey.facts, bundle: bundle).stagingFindings)
        return survey.facts
    }
}
