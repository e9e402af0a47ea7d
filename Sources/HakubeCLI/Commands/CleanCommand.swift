// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import FoundationEssentials
import HakubeEngine
import HakubeModel
import HakubePlan

/// `hakube clean`: hosts leave a cluster, or the cluster ends; what stood on them before comes back.
struct CleanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clean", abstract: "Remove hosts from a cluster, or end it, and give the hosts back as they were.",
        discussion: """
            Pods are moved away first; a master leaves etcd, and the guardians' lists, before its host is touched. Then \
            everything hakube did on the host is undone by its receipt. --all ends the whole cluster, after its keys and a \
            snapshot of etcd were brought to this machine. docs/clean.md says what stays.
            """)

    @OptionGroup var members: MemberOptions
    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var options: RunOptions

    @Flag(help: "End the whole cluster.")
    var all = false

    @Flag(help: "Hosts that cannot be reached leave the cluster, too; what is on them stays there.")
    var unreachable = false

    @Flag(help: "Also end pods that nothing starts elsewhere, and do not look at etcd's majority.")
    var force = false

    @Option(help: ArgumentHelp("Seconds that pods may take to leave a node.", valueName: "seconds"))
    var drainTimeout = 300

    @Flag(help: "With --all: keep neither the cluster's keys nor a snapshot of etcd.")
    var noBackup = false

    func validate() throws {
        let isNamed = !members.masters.isEmpty || !members.nodes.isEmpty || !members.etcd.isEmpty
        if all, isNamed { throw ValidationError("--all means every host; leave --masters, --nodes and --etcd out.") }
        if !all, !isNamed { throw ValidationError("Name the hosts that leave: --nodes, --masters, --etcd, or --all.") }
        if noBackup, !all {
            throw ValidationError("--no-backup is for --all; hosts that leave take no keys with them.")
        }
        guard drainTimeout >= 1 else {
            throw ValidationError("--drain-timeout \(drainTimeout) leaves no time; write 1 or more.")
        }
    }

    func run() async throws {
        let login = try cluster.login.access()
        try await Interrupt.cancels {
            var source = try ClusterSource(cluster, connection)
            source.prefersRecord = true
            source.trustsCache = all
            let standing = try await source.standing()
            let cast = try await RemovalCast(
                standing, all ? nil : members.overrides(login), takesUnreachable: unreachable, claiming: options.claims)
            guard !cast.leaving.isEmpty else {
                print("Nothing to do: none of these hosts is a member of \(standing.spec.name).")
                return
            }
            try await carryOut(try await removal(cast), cast)
            await cast.session.close()
        }
    }

    private func removal(_ cast: RemovalCast) async throws -> Removal {
        let leaving = Set(cast.leaving)
        let spec = cast.session.spec
        let takesVoters = spec.etcdTopology.hosts.contains { leaving.contains($0.id) }
        // Where all ends, a snapshot is taken from a member that is well.
        let asks = takesVoters && (!all || !spec.etcd.hosts.isEmpty)
        let members = asks ? try await cast.session.etcdMembers(cast.survey.facts, except: leaving) : nil
        let removal = Removal(
            isWhole: all, leaving: cast.leaving, dead: cast.dead, absent: cast.survey.silentHosts.subtracting(leaving),
            members: members, isForced: force, drainLimit: .seconds(drainTimeout),
            backup: all && !noBackup ? Removal.backupName(spec, cast.survey.facts) : nil)
        let problems = RemovalPreflight(
            spec: cast.session.spec, facts: cast.survey.facts, removal: removal
        ).problems
        guard problems.isEmpty else { throw PreflightError(problems: problems) }
        return removal
    }

    private func carryOut(_ removal: Removal, _ cast: RemovalCast) async throws {
        let session = cast.session
        let plan = try Planner(
            PlanInput(
                spec: session.spec, facts: cast.survey.facts, bundle: nil, parallel: connection.parallel, newcomers: [],
                absent: cast.survey.silentHosts)
        ).removal(removal)
        if options.dryRun { return try PlanOutput.show(plan, as: output.output) }
        try consent(to: plan, removal, session.spec)
        try await PlanRun(
            plan: plan, session: session, bundles: nil, output: output, facts: cast.survey.facts,
            takeOver: options.takeOver
        )
        .carryOut()
        let remains = session.spec.without(Set(removal.leaving))
        if all { try forget(session.state) } else { try RecordCache(state: session.state).write(remains) }
        guard output.output == .text else { return }
        for host in removal.dead.sorted() {
            print("\(host) could not be reached: should it come back, its disk still holds what it held.")
        }
        if all {
            print("The cluster \(plan.cluster) has ended.")
            if case .external(let etcd) = session.spec.etcd {
                print(
                    "What it kept in etcd is still there (\(etcd.endpoints.map(\.description).joined(separator: ", "))): "
                        + "'etcdctl del --prefix \(session.spec.etcdPrefix)' removes it.")
            }
            if let backup = removal.backup, let kept = kept(plan) {
                let folder = session.state.root.appending(path: backup).path(percentEncoded: false)
                print("In \(folder), for nobody's eyes but yours, are \(kept).")
            }
        } else {
            print("\(removal.leaving.map(\.description).joined(separator: ", ")) left the cluster \(plan.cluster).")
        }
    }

    /// The end of a cluster is confirmed by its name, not by a slip of one key.
    private func consent(to plan: Plan, _ removal: Removal, _ spec: ClusterSpec) throws {
        guard all, !options.yes else { return try options.consent(to: plan, on: removal.leaving.count) }
        StandardError.say(plan.text)
        let keeps = kept(plan).map { "\($0) are kept on this machine" } ?? "NOTHING of it is kept"
        guard
            try Confirmation.ask(
                "This ends the cluster \(spec.name) on \(removal.leaving.count) hosts; \(keeps).", for: spec.name)
        else { throw CancellationError() }
    }

    /// Of hosts that are gone, and of an etcd that is somebody else's, there is nothing to bring home.
    private func kept(_ plan: Plan) -> String? {
        let names = plan.phases.flatMap(\.lanes).flatMap(\.steps).compactMap { step in
            if case .keep(_, let name) = step.action { name } else { nil }
        }
        let parts = [(".tar", "its keys"), (".db", "its data")].filter { ending, _ in
            names.contains { $0.hasSuffix(ending) }
        }
        return parts.isEmpty ? nil : parts.map(\.1).joined(separator: " and ")
    }

    /// Logs, host keys and backups stay.
    private func forget(_ state: StateFolder) throws {
        for file in [state.kubeconfig, state.record] { try PrivateFile.remove(file) }
    }
}
