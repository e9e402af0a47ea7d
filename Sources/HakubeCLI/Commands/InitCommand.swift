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

    @OptionGroup var bundle: BundleOptions
    @OptionGroup var options: RunOptions
    @OptionGroup var push: PushOptions

    func run() async throws {
        let bundles = try inventory.open(bundle)
        let (spec, contents) = try inventory.planned(with: bundles)
        let session = try ClusterSession(spec: spec, bundle: contents, connection: connection)
        try await bundles.verify()
        try await Interrupt.cancels {
            try refuseNamesake(session)
            let survey = try await session.checkedSurvey(claiming: options.claims)
            let input = PlanInput(
                spec: spec, facts: survey.facts, bundle: contents, parallel: connection.parallel,
                etcdMembers: survey.etcdMembers)
            let plan = try Planner(input).initialisation()
            if options.dryRun {
                try PlanOutput.show(plan, as: output.output)
            } else {
                try options.consent(to: plan, on: spec.hosts.count)
                if case .external(let etcd) = spec.etcd, let key = etcd.credentials?.key {
                    session.values.set(.etcdClientKey, to: key.exposed.trimmingCharacters(in: .newlines))
                }
                // Kept before anything is done, so that a cluster that is only half made can be finished or cleared by name.
                let wanted = input.completed
                try RecordCache(state: session.state).write(wanted)
                let run = PlanRun(
                    plan: plan, session: session, bundles: bundles, output: output, facts: input.facts,
                    push: push.settings, takeOver: options.takeOver)
                try await run.carryOut()
                run.tellReady()
            }
            await session.close()
        }
    }

    /// What this machine knows of a cluster is kept by the cluster's name.
    private func refuseNamesake(_ session: ClusterSession) throws {
        guard let cached = try? RecordCache(state: session.state).read()?.spec() else { return }
        let own = Set(session.spec.hosts.map(\.address))
        guard !cached.hosts.contains(where: { own.contains($0.address) }) else { return }
        throw InventoryError(problems: [
            Problem(
                place: "--cluster",
                message: "this machine knows another cluster \(cached.name), with \(cached.masters[0].id) as a master",
                remedy: "give this one another name with --cluster")
        ])
    }
}
