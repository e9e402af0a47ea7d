// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import Foundation
package import HakubeModel
package import HakubePlan
package import HakubeTransport
import Synchronization

/// What steps take from and leave on the operator's machine.
package struct Workplace: Sendable {
    /// Opens the bundle's files for a role and an architecture; called once a push.
    package let shipments: @Sendable (Role, Architecture) throws -> any Shipment
    package let push: PushSettings
    /// Where fetched files are kept.
    package let folder: URL

    package init(
        folder: URL, push: PushSettings = PushSettings(),
        shipments: @escaping @Sendable (Role, Architecture) throws -> any Shipment
    ) {
        self.folder = folder
        self.push = push
        self.shipments = shipments
    }
}

/// Carries a plan out: phases in order, lanes side by side, steps of a lane one after another.
///
/// It repeats no act; a connection that breaks is made again, and what does no harm twice goes on over it.
package struct Executor: Sendable {
    private let spec: ClusterSpec
    private let hosts: [HostID: HakubeModel.Host]
    private let pool: ConnectionPool
    private let workplace: Workplace
    private let values: RuntimeValues
    private let pace: Pace
    private let claim: String?
    private let report: @Sendable (Event) async -> Void

    /// - Parameter claim: token of the lock that this run has on all hosts; where another's stands, the run ends.
    package init(
        spec: ClusterSpec, pool: ConnectionPool, workplace: Workplace, values: RuntimeValues = RuntimeValues(),
        pace: Pace = .system, claim: String? = nil, report: @escaping @Sendable (Event) async -> Void
    ) {
        self.spec = spec
        hosts = Dictionary(spec.hosts.map { ($0.id, $0) }) { first, _ in first }
        self.pool = pool
        self.workplace = workplace
        self.values = values
        self.pace = pace
        self.claim = claim
        self.report = report
    }

    /// Runs until all is done, a step has failed, or the task is cancelled.
    ///
    /// After a failure the other lanes end the step they are in, or the small steps that are on their way to the host
    /// already, and stop: what they did stands and is found again.
    package func carryOut(_ plan: Plan) async -> PlanSummary {
        let tally = Tally()
        let begin = pace.now()
        let turns = TurnGate()
        await report(.planStarted(plan))
        for phase in plan.phases {
            let phaseBegin = pace.now()
            await report(.phaseStarted(phase))
            let fanOut = FanOut(phase.lanes, spec: spec, workplace: workplace, now: pace.now)
            await forEach(phase.lanes, atMost: phase.order.width) { lane in
                await run(lane, of: phase, tally, turns, fanOut)
            }
            await report(.phaseFinished(phase, elapsed: pace.now() - phaseBegin))
            if tally.mustStop { break }
        }
        let summary = tally.summary(elapsed: pace.now() - begin)
        await report(.planFinished(summary))
        return summary
    }

    private func run(_ lane: Lane, of phase: Phase, _ tally: Tally, _ turns: TurnGate, _ fanOut: FanOut) async {
        var rest = lane.steps[...]
        while let step = rest.first, !tally.mustStop {
            guard let host = hosts[lane.host] else { return await refuse(step, of: phase, lane.host, tally) }
            let course = LaneCourse(
                phase: phase.id, host: host, pool: pool, workplace: workplace, values: values, pace: pace,
                claim: claim, fanOut: fanOut, isStopping: { tally.mustStop }, count: tally.count, report: report)
            if let batch = StepBatch(rest, values: values, claim: claim) {
                rest = rest.dropFirst(await BatchRunner(batch: batch, course: course).carryOut())
            } else {
                rest = rest.dropFirst()
                await turns.take(step.turn) { await course.carryOut(step) }
            }
        }
    }

    private func refuse(_ step: Step, of phase: Phase, _ host: HostID, _ tally: Tally) async {
        let reference = StepReference(phase: phase.id, host: host, step: step.id, title: step.title)
        let outcome = StepOutcome.failed(FailureAdvice(reference: reference).unexpected(UnknownHost(host: host)))
        await report(.stepStarted(reference))
        tally.count(outcome)
        await report(.stepFinished(reference, outcome, elapsed: .zero))
    }
}

/// A plan names a host that the specification does not have: a fault of the planner.
private struct UnknownHost: Error, CustomStringConvertible {
    let host: HostID

    var description: String { "the plan names the host \(host), which the inventory does not have" }
}

/// Counts outcomes over all lanes, and knows when to stop.
private final class Tally: Sendable {
    private let counted = Mutex(PlanSummary())

    var mustStop: Bool { counted.withLock { !$0.failures.isEmpty } || Task.isCancelled }

    func count(_ outcome: StepOutcome) {
        counted.withLock { summary in
            switch outcome {
            case .changed: summary.changed += 1
            case .unchanged: summary.unchanged += 1
            case .failed(let failure): summary.failures.append(failure)
            case .interrupted: break
            }
        }
    }

    func summary(elapsed: Duration) -> PlanSummary {
        counted.withLock { summary in
            summary.elapsed = elapsed
            summary.interrupted = Task.isCancelled
            return summary
        }
    }
}
