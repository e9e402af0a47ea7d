// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import HakubeBundle
import HakubeModel
import HakubePlan

/// `hakube join`: hosts become members of a cluster that stands.
struct JoinCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join", abstract: "Add masters, workers and etcd hosts to a cluster, or finish adding them.",
        discussion: """
            The cluster is known by the address of any of its masters (--from), or by name to a machine that has seen it. \
            The new hosts go the way that init's went; the others only learn of new masters. A token and a certificate key \
            are made for this run and withdrawn at its end. Hosts that need labels, taints or an address of their own come from \
            an inventory (-f); members that it lists get the labels and taints it gives them. Run again, it changes nothing, \
            or finishes what was cut off.
            """)

    @OptionGroup var members: MemberOptions
    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var options: RunOptions
    @OptionGroup var bundle: BundleOptions
    @OptionGroup var push: PushOptions

    func run() async throws {
        let bundles = try bundle.read()
        let contents = try BundleContents(reading: bundles)
        try await bundles.verify()
        let login = try cluster.login.access()
        try await Interrupt.cancels {
            var source = try ClusterSource(cluster, connection)
            source.prefersRecord = true
            let standing = try await source.standing()
            let inventory = try cluster.file.map(InventoryFile.read) ?? Inventory()
            let growth = try ClusterGrowth(
                of: standing.spec, inventory: inventory, flags: members.overrides(login),
                bundleKubernetes: contents.manifest.version)
            let session = standing.session.with(spec: growth.spec, bundle: contents)
            let input = try await input(growth, session, contents)
            let plan = try Planner(input).initialisation()
            if options.dryRun {
                try PlanOutput.show(plan, as: output.output)
            } else {
                try options.consent(to: plan, on: plan.hosts.count)
                // A join that is cut off can be cleared by name, too.
                try RecordCache(state: session.state).write(input.completed)
                let run = PlanRun(
                    plan: plan, session: session, bundles: bundles, output: output, facts: input.facts,
                    push: push.settings, takeOver: options.takeOver)
                try await run.carryOut()
                run.tellReady()
            }
            await session.close()
        }
    }

    /// Members that cannot be reached are left as they are; hosts that shall join have to be there.
    private func input(
        _ growth: ClusterGrowth, _ session: ClusterSession, _ contents: BundleContents
    ) async throws -> PlanInput {
        let newcomers = Set(growth.named)
        let survey = try await session.survey(claiming: options.claims)
        let missing = survey.silent.filter { newcomers.contains($0.host.id) }
        guard missing.isEmpty else { throw HostErrors(errors: missing.map(\.error)) }
        for (host, error) in survey.silent {
            let said = Diagnosis(error)?.text.replacing("error: ", with: "") ?? "\(error)"
            StandardError.say(
                "warning: \(said)\nwarning: \(host.id) is left as it is; run the same command again when it is back")
        }
        let joinsEtcd = growth.spec.etcdTopology.hosts.contains { newcomers.contains($0.id) }
        let members = joinsEtcd ? try await session.etcdMembers(survey.facts, except: newcomers) : nil
        try session.accept(
            Preflight(
                spec: growth.spec, facts: survey.facts, bundle: contents, newcomers: newcomers, members: members,
                externalEtcd: try await session.externalEtcdReach(survey.facts, from: newcomers)
            ).findings)
        return PlanInput(
            spec: growth.spec, facts: survey.facts, bundle: contents, parallel: connection.parallel,
            newcomers: newcomers, absent: survey.silentHosts, etcdMembers: members)
    }
}
