// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeTransport

/// Turns what a host said into a failure an operator can act on.
struct FailureAdvice {
    let reference: StepReference

    /// How many of a host's last lines go with a failure.
    static let lineCount = 15

    private static let again = "then run the same command again"

    /// Words in the output, and what to try when they stand there. The first that fits counts: the cause stands before
    /// what only follows from it.
    private static let remedies: [(sign: Sign, remedy: String)] = [
        ("No space left on device", "make room on the host, \(again)"),
        // The same in Go.
        ("no space left on device", "make room on the host, \(again)"),
        ("Read-only file system", "see why the host mounted its disk read-only (dmesg), mend it, \(again)"),
        ("[ERROR Port-", "stop what listens on that port on the host, \(again)"),
        ("[ERROR Swap]", "turn swap off on the host, \(again)"),
        ("[ERROR NumCPU]", "give the host at least two CPUs"),
        ("[ERROR Mem]", "give the host at least 1700 MB of memory"),
        ("[ERROR CRI]", "look at 'systemctl status containerd' and 'journalctl -u containerd' on the host"),
        ("[ERROR ImagePull]", "the bundle lacks an image of this release; make it anew with 'hakube bundle pack'"),
        ("[ERROR FileAvailable", "the host holds remains of another cluster: clear it with 'kubeadm reset', \(again)"),
        ("[ERROR DirAvailable", "the host holds remains of another cluster: clear it with 'kubeadm reset', \(again)"),
        (
            "already exists in the cluster",
            "wait a minute until the node of that name counts as NotReady, or 'kubectl delete node' it, \(again)"
        ),
        ("certificate has expired or is not yet valid", "set the host's clock, \(again)"),
        (
            "x509: certificate signed by unknown authority",
            "the host is of another cluster: 'kubeadm reset' it, \(again)"
        ),
        (
            "etcdserver: unhealthy cluster",
            "look at 'crictl ps -a' on the masters: every etcd member has to run, \(again)"
        ),
        (
            "can't get final child's PID from pipe",
            "look at 'journalctl -u containerd': runc cannot start containers here"
        ),
        ("did NOT match", "what arrived is not what was sent: run the same command again, the push is made anew"),
        ("command not found", "install what the line above names, \(again)"),
        (.shellMissesProgram, "install what the line above names, \(again)"),
        ("timed out waiting for the condition", "look at 'journalctl -u kubelet' and 'crictl ps -a' on the host"),
        ("[kubelet-check]", "look at 'journalctl -u kubelet' and 'crictl ps -a' on the host"),
        ("connection refused", "look at 'systemctl status containerd kubelet' on the host"),
    ]

    func failure(of answer: StepRunner.Answer) -> StepFailure {
        failure(
            Self.ending(answer.output.status), answer.lastLines, remedy(for: answer.lastLines + [answer.output.err]))
    }

    /// A wait that ended without what it waited for; `lines` are of the last answer that said anything.
    func missed(_ deadline: Duration, _ lines: [String]) -> StepFailure {
        let fallback = "look at 'crictl ps -a' and 'journalctl -u kubelet' on the host, \(Self.again)"
        return failure(
            "still not so after \(deadline.components.seconds) s", lines, lines.isEmpty ? fallback : remedy(for: lines))
    }

    /// A killed command has the status 128 + signal, as the shell tells it.
    static func ending(_ status: Int) -> String {
        switch status {
        case 127: "ended with status 127 (a program is missing)"
        case 137: "was killed (status 137; out of memory, most often)"
        case 129...165: "was ended by signal \(status - 128)"
        default: "ended with status \(status)"
        }
    }

    private func remedy(for said: [String]) -> String {
        let lines = said.flatMap { $0.split(whereSeparator: \.isNewline) }
        let fit = Self.remedies.first { sign, _ in lines.contains(where: sign.stands) }
        return fit?.remedy ?? "mend what the lines above say, \(Self.again)"
    }

    /// What a line is known by.
    private enum Sign: ExpressibleByStringLiteral {
        case words(String)
        /// `sh: 3: conntrack: not found`. containerd ends a line in the same words when it misses an image.
        case shellMissesProgram

        init(stringLiteral words: String) { self = .words(words) }

        func stands(in line: Substring) -> Bool {
            switch self {
            case .words(let words): line.contains(words)
            case .shellMissesProgram:
                line.hasSuffix(": not found") && line.prefix { $0 != ":" }.hasSuffix("sh") && !line.contains("\"")
            }
        }
    }

    func failure(_ message: String, _ lines: [String], _ remedy: String) -> StepFailure {
        StepFailure(
            host: reference.host, step: reference.step, title: reference.title, message: message, lastLines: lines,
            remedy: remedy)
    }

    func transport(_ error: TransportError) -> StepFailure {
        // A full disk is told in the same words whatever met it.
        let isKnown = Self.remedies.contains { sign, _ in sign.stands(in: error.message[...]) }
        let remedy = error.code == .file && isKnown ? remedy(for: [error.message]) : error.remedy
        var failure = failure(error.message, [], remedy)
        failure.isConnection = error.code != .timeout && error.code != .file
        return failure
    }

    /// The script outran its time; the connection is well.
    func timeout(_ error: TransportError, _ lines: [String]) -> StepFailure {
        failure(error.message, lines, lines.isEmpty ? error.remedy : remedy(for: lines))
    }

    /// systemd ended a job when its time was over.
    func overrun(_ timeout: Duration, _ lines: [String]) -> StepFailure {
        failure(
            "did not end within \(timeout.components.seconds) s and was stopped", lines,
            lines.isEmpty ? "look at the host for what it waits for, \(Self.again)" : remedy(for: lines))
    }

    /// A file of the operator's machine. What stood there before still does.
    func local(_ error: LocalFileError) -> StepFailure {
        failure("\(error)", [], "\(error.remedy), \(Self.again)")
    }

    func unexpected(_ error: any Error) -> StepFailure {
        failure("\(error)", [], "run the same command again; if it stays, report it with the log")
    }
}
