// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan
import HakubeTransport

/// Turns what a host said into a failure an operator can act on.
struct FailureAdvice {
    let reference: StepReference

    private static let lineCount = 15

    /// A word in the output, and what to try when it stands there. The first that fits counts.
    private static let remedies = [
        ("No space left on device", "make room on the host, then run the same command again"),
        ("Port-", "stop what listens on that port on the host, then run the same command again"),
        ("[ERROR Swap]", "turn swap off on the host, then run the same command again"),
        ("[ERROR NumCPU]", "give the host at least two CPUs"),
        ("[ERROR Mem]", "give the host at least 1700 MB of memory"),
        ("timed out waiting for the condition", "look at 'journalctl -u kubelet' and 'crictl ps -a' on the host"),
        ("certificate has expired or is not yet valid", "set the host's clock, then run the same command again"),
        ("connection refused", "look at 'systemctl status containerd kubelet' on the host"),
    ]

    func failure(
        of output: ScriptOutput, values: RuntimeValues, waited: Duration? = nil
    ) -> StepFailure {
        let said = (output.err.isEmpty ? output.out : output.err).split(separator: "\n").map(String.init)
        let lines = said.suffix(Self.lineCount).map(values.redact)
        let remedy = Self.remedies.first { word, _ in said.contains { $0.contains(word) } }?.1
        let message =
            waited.map { "still not so after \($0.components.seconds) s" } ?? "ended with status \(output.status)"
        return failure(message, lines, remedy ?? "mend what the lines above say, then run the same command again")
    }

    func failure(_ message: String, _ lines: [String], _ remedy: String) -> StepFailure {
        StepFailure(
            host: reference.host, step: reference.step, title: reference.title, message: message, lastLines: lines,
            remedy: remedy)
    }

    func connection(_ error: TransportError) -> StepFailure {
        var failure = failure(error.message, [], error.remedy)
        failure.isConnection = true
        return failure
    }

    func unexpected(_ error: any Error) -> StepFailure {
        failure("\(error)", [], "run the same command again; if it stays, report it with the log")
    }
}
