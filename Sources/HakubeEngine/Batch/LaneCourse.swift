// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan
import HakubeTransport

/// The way of one lane's steps: how each is begun, carried out, counted and told.
struct LaneCourse: Sendable {
    let phase: String
    let host: Host
    let pool: ConnectionPool
    let workplace: Workplace
    let values: RuntimeValues
    let pace: Pace
    /// Token of the run's lock on this host.
    let claim: String?
    /// What the hosts of this phase get, and from whom.
    let fanOut: FanOut
    /// The run has failed elsewhere.
    let isStopping: @Sendable () -> Bool
    let count: @Sendable (StepOutcome) -> Void
    let report: @Sendable (Event) async -> Void

    func reference(_ step: Step) -> StepReference {
        StepReference(phase: phase, host: host.id, step: step.id, title: step.title)
    }

    func runner(_ step: Step) -> StepRunner {
        let reference = reference(step)
        let line = HostLine(host: host, pool: pool, pace: pace, isStopping: isStopping) { [report] in
            await report(.notice(reference, $0))
        }
        return StepRunner(
            line: line, workplace: workplace, values: values, reference: reference, pace: pace, claim: claim,
            fanOut: fanOut, isStopping: isStopping, report: report)
    }

    /// A step by itself. Its turn may have come after a failure elsewhere.
    func carryOut(_ step: Step) async {
        guard !isStopping() else { return }
        let begin = await begin(step)
        await end(step, await outcome(of: step) { try await $0.perform(step) }, since: begin)
    }

    func begin(_ step: Step) async -> Duration {
        let begin = pace.now()
        await report(.stepStarted(reference(step)))
        return begin
    }

    func end(_ step: Step, _ outcome: StepOutcome, since begin: Duration) async {
        count(outcome)
        await report(.stepFinished(reference(step), outcome, elapsed: pace.now() - begin))
    }

    /// What came of a step: true from `body` is a change.
    func outcome(of step: Step, _ body: (StepRunner) async throws -> Bool) async -> StepOutcome {
        let runner = runner(step)
        let advice = runner.advice
        do {
            return try await body(runner) ? .changed : .unchanged
        } catch is CancellationError {
            return .interrupted
        } catch let failure as StepFailure {
            return Task.isCancelled ? .interrupted : .failed(failure)
        } catch let error as LocalFileError {
            return .failed(advice.local(error))
        } catch let taken as HostTaken {
            return .failed(taken.failure)
        } catch let error as TransportError {
            return Task.isCancelled ? .interrupted : .failed(advice.transport(error))
        } catch {
            return .failed(advice.unexpected(error))
        }
    }
}
