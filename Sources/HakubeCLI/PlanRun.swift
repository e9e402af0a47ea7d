// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeBundle
import HakubeEngine
import HakubeModel
import HakubePlan

/// Carries a plan out for a command: events to reporter and log, the end to the exit code.
struct PlanRun: Sendable {
    let plan: Plan
    let session: ClusterSession
    /// `nil` for a plan that sends nothing of a bundle.
    let bundles: BundleSet?
    let output: OutputOptions
    /// What the plan was made from.
    let facts: [HostID: Facts]
    /// How the bundle's files travel.
    var push = PushSettings()
    /// Takes the hosts from whoever works on them.
    var takeOver = false

    /// - Throws: `RunEnded` unless all went well; `PreflightError` when the log cannot be opened, or when others work on the
    ///   hosts.
    func carryOut() async throws {
        let log = try openLog()
        let lock = lock
        do { try await lock.take(takeOver: takeOver, seen: facts.mapValues(\.lastRun)) } catch let held as HostsHeld {
            throw PreflightError(problems: held.problems)
        } catch let changed as HostsChanged {
            throw PreflightError(problems: changed.problems)
        }
        let reporter = ReporterChoice.reporter(for: output, log: log.logFile.path(percentEncoded: false))
        let workplace = Workplace(folder: session.state.root, push: push) { [bundles] role, arch in
            guard let bundles else { throw NoBundle() }
            return try bundles.shipment(for: role, on: arch)
        }
        let executor = Executor(
            spec: session.spec, pool: session.pool, workplace: workplace, values: session.values,
            claim: lock.owner.token
        ) { event in
            log.write(event)
            await reporter.report(event)
        }
        async let _: Void = reporter.animate()
        let summary = await executor.carryOut(plan)
        await lock.release()
        if let gap = log.gap { StandardError.say("warning: the log has no end: \(gap)") }
        guard !summary.interrupted, summary.failures.isEmpty else {
            tellHowToGoOn(summary, log)
            throw RunEnded(family: family(of: summary))
        }
    }

    /// The last line of a run that made or grew a cluster.
    func tellReady() {
        guard output.output == .text else { return }
        let kubeconfig = session.state.kubeconfig.path(percentEncoded: false)
        print("The cluster \(plan.cluster) is ready: kubectl --kubeconfig \(Script.quoted(kubeconfig)) get nodes")
    }

    private var lock: RunLock {
        let hosts = Set(plan.phases.flatMap(\.lanes).map(\.host))
        let command = CommandLine.arguments.dropFirst().first ?? ""
        return RunLock(
            owner: .current(command: "hakube \(command)"), hosts: session.spec.hosts.filter { hosts.contains($0.id) },
            pool: session.pool)
    }

    private func openLog() throws -> RunLog {
        do { return try RunLog(folder: session.state.root) } catch {
            throw PreflightError(problems: [
                Problem(
                    place: session.state.root.path(percentEncoded: false), message: "the log cannot be written here",
                    remedy: "make the folder writable, or set HAKUBE_HOME to one that is")
            ])
        }
    }

    private func family(of summary: PlanSummary) -> ExitFamily {
        if summary.interrupted { return .interrupted }
        return summary.failures.allSatisfy(\.isConnection) ? .connection : .step
    }

    private func tellHowToGoOn(_ summary: PlanSummary, _ log: RunLog) {
        let what = summary.interrupted ? "interrupted; what was done stands" : "stopped; what was done stands"
        let text = """
            \(what).
            To go on, run the same command again; it finds what is done and finishes the rest.
            Log: \(log.logFile.path(percentEncoded: false))

            """
        FileHandle.standardError.write(Data(text.utf8))
    }
}

/// A plan sends a bundle's files and the command has none: a fault of the planner.
private struct NoBundle: Error, CustomStringConvertible {
    var description: String { "the plan sends files of a bundle, and there is none" }
}
