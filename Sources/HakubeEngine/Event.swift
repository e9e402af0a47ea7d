// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel
package import HakubePlan

/// Something that happened while a plan ran. Carries identities, not prose; reporters own the words.
package enum Event: Sendable {
    case planStarted(Plan)
    case phaseStarted(Phase)
    case stepStarted(StepReference)
    /// A line the step's script wrote; for the log, and for the terminal when asked for.
    case output(StepReference, stream: String, text: String)
    /// Something the operator should know while the step goes on.
    case notice(StepReference, StepNotice)
    /// Bytes sent so far and in all.
    case progress(StepReference, done: Int, total: Int)
    case stepFinished(StepReference, StepOutcome, elapsed: Duration)
    case phaseFinished(Phase, elapsed: Duration)
    case planFinished(PlanSummary)
}

/// Names a step of a running plan.
package struct StepReference: Sendable, Hashable {
    package let phase: String
    package let host: HostID
    package let step: String
    package let title: String

    package init(phase: String, host: HostID, step: String, title: String) {
        self.phase = phase
        self.host = host
        self.step = step
        self.title = title
    }
}

/// What becomes of a step's connection and of its job.
package enum StepNotice: Sendable, Hashable {
    /// The host is tried again for so long.
    case connectionLost(patience: Duration)
    case connectionBack(after: Duration)
    /// A job of an earlier run is under way or waits to be asked for its end.
    case jobFound
    /// The run ends, the job does not.
    case jobGoesOn
    /// What becomes of files on their way.
    case push(PushNotice)
}

package enum StepOutcome: Sendable, Hashable {
    case changed
    case unchanged
    case failed(StepFailure)
    /// The run ended (failure elsewhere, Ctrl-C) before or while the step ran.
    case interrupted
}

/// Why a step failed, as an operator needs it.
package struct StepFailure: Error, Sendable, Hashable {
    package let host: HostID
    package let step: String
    package let title: String
    /// One sentence.
    package let message: String
    /// The last lines the host wrote, secrets redacted.
    package let lastLines: [String]
    /// What to try next, one sentence.
    package let remedy: String
    /// The connection failed, not the step.
    package var isConnection = false

    package init(host: HostID, step: String, title: String, message: String, lastLines: [String], remedy: String) {
        self.host = host
        self.step = step
        self.title = title
        self.message = message
        self.lastLines = lastLines
        self.remedy = remedy
    }
}

/// How a run ended.
package struct PlanSummary: Sendable, Hashable {
    package var changed = 0
    package var unchanged = 0
    package var failures: [StepFailure] = []
    package var interrupted = false
    package var elapsed: Duration = .zero

    package init() {}
}
