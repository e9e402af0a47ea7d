// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import Foundation
import HakubeEngine
import HakubeGuardian
import HakubeModel
import HakubePlan

extension DrillKind: ExpressibleByArgument {}

/// `hakube drill`: one thing in one master is stopped, and what that costs is measured.
struct DrillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drill",
        abstract: "Stop one thing in one master, measure how long the endpoint is away, and put it back.",
        discussion: """
            process kills the API server and keeps it away, network cuts the host off, host restarts it. Workers and this machine \
            meanwhile open a connection every 50 ms and keep a watch. Refuses when the cluster is not in order, or when with \
            the master away etcd would lose its majority. docs/drill.md says what is measured, and how it is put back.
            """)

    @Argument(help: "What is stopped: process, network or host.")
    var kind = DrillKind.process

    @Option(help: ArgumentHelp("The master: node name or address.", valueName: "host"))
    var target: String

    @Option(name: .customLong("for"), help: ArgumentHelp("How long it is away (default: 20s).", valueName: "time"))
    var length: TimeSpan?

    @Option(help: ArgumentHelp("How long the master may take until it serves again.", valueName: "time"))
    var wait = TimeSpan(.seconds(300))

    @Option(help: ArgumentHelp("From how many workers it is measured.", valueName: "number"))
    var workers = 8

    @Option(help: ArgumentHelp("Where the chart goes (default: the cluster's state folder).", valueName: "file"))
    var svg: String?

    @Option(help: "text or json.")
    var output = OutputOptions.Format.text

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var options: RunOptions

    func validate() throws {
        if kind == .host, length != nil {
            throw ValidationError("--for does not go with host: a host is away until it has started again.")
        }
        guard (length?.duration ?? .zero) <= .seconds(600) else {
            throw ValidationError("--for is longer than 10m: no drill needs a master to be away that long.")
        }
        if options.dryRun, output == .json {
            throw ValidationError("--dry-run shows what would be done, as text; leave --output json out.")
        }
        guard workers >= 0 else { throw ValidationError("--workers \(workers) is no number of workers.") }
    }

    func run() async throws {
        try await Interrupt.cancels {
            let standing = try await ClusterSource(cluster, connection).standing()
            let preparation = DrillPreparation(
                kind: kind, length: kind.canBePutBack ? length?.duration ?? .seconds(20) : .zero,
                patience: wait.duration, workers: workers, parallel: connection.parallel, standing: standing)
            let run = try await preparation.run(on: target)
            let announcement = DrillText.announcement(
                kind, target: run.targetName, cluster: standing.spec.name, length: run.length, places: run.places)
            if options.dryRun {
                print(announcement, terminator: "")
                return await standing.session.close()
            }
            if !options.yes {
                StandardError.say(announcement)
                guard try Confirmation.ask("Do this to \(run.targetName)?") else { throw CancellationError() }
            }
            let outcome = try await locked(standing) { try await carryOut(run, preparation) }
            await standing.session.close()
            try show(outcome, in: standing.session.state)
            guard outcome.isWell else { throw RunEnded(family: .step) }
        }
    }

    private func carryOut(_ run: DrillRun, _ preparation: DrillPreparation) async throws -> DrillOutcome {
        // Under the lock: what was true before the question may be no more.
        let run = try await preparation.refreshed(run)
        try await preparation.tidy(run)
        do { return try await run.carryOut() } catch let unsure as DrillUnsure {
            StandardError.say(unsure.sentence(run.targetName))
            throw RunEnded(family: .step)
        } catch let interrupted as DrillInterrupted {
            let sentence =
                interrupted.putBack.map { "interrupted; it was put back \(RunWords.time($0)) after the stop" }
                ?? (kind.canBePutBack
                    ? "interrupted; a timer on \(run.targetName) puts it back within a minute"
                    : "interrupted; \(run.targetName) comes back by itself")
            StandardError.say(sentence)
            throw RunEnded(family: .interrupted)
        }
    }

    /// Nobody else may work on the cluster while one of its masters is away.
    private func locked(
        _ standing: StandingCluster, _ body: () async throws -> DrillOutcome
    ) async throws -> DrillOutcome {
        let lock = RunLock(
            owner: .current(command: "hakube drill"), hosts: standing.spec.hosts, pool: standing.session.pool)
        do { try await lock.take(takeOver: options.takeOver) } catch let held as HostsHeld {
            throw PreflightError(problems: held.problems)
        }
        do {
            let outcome = try await body()
            await lock.release()
            return outcome
        } catch {
            await lock.release()
            throw error
        }
    }

    private func show(_ outcome: DrillOutcome, in state: StateFolder) throws {
        let stamp = outcome.moment.formatted(.iso8601.timeSeparator(.omitted).dateSeparator(.omitted))
        let usual = state.root.appending(path: "drill-\(kind.rawValue)-\(outcome.targetName)-\(stamp).svg")
        let file = svg.map { URL(filePath: ($0 as NSString).expandingTildeInPath) } ?? usual
        let path = file.path(percentEncoded: false)
        var isWritten = true
        do { try Data(DrillTimeline(outcome: outcome).svg.utf8).write(to: file, options: .atomic) } catch {
            isWritten = false
            StandardError.say("warning: the chart cannot be written to \(path): \(error.localizedDescription)")
        }
        switch output {
        case .text:
            print(DrillText.report(outcome), terminator: "")
            if isWritten { print("Chart: \(path)") }
        case .json:
            let document = DrillDocument(outcome, timeline: isWritten ? path : nil)
            FileHandle.standardOutput.write(try document.json())
        }
    }
}
