// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeTransport

/// Sorts what a command prints: noise before the start mark, the script's own output after it.
final class OutputCollector {
    private let command: RemoteCommand
    private let keepsOutput: Bool
    private let forward: OutputSink
    private var outGate: OutputGate
    private var errGate: OutputGate
    private var output = RawOutput()

    /// - Parameter keepsOutput: false where standard output is only forwarded.
    init(command: RemoteCommand, keepsOutput: Bool, forward: @escaping OutputSink) {
        self.command = command
        self.keepsOutput = keepsOutput
        self.forward = forward
        outGate = OutputGate(mark: command.startMark)
        errGate = OutputGate(mark: command.startMark)
    }

    func take(_ stream: OutputLine.Stream, _ bytes: UnsafeRawBufferPointer) {
        let own = stream == .out ? outGate.pass(bytes) : errGate.pass(bytes)
        guard !own.isEmpty else { return }
        if stream == .err { output.err += own } else if keepsOutput { output.out += own }
        own.withUnsafeBytes { forward(stream, $0) }
    }

    /// The script has begun: login shell and sudo are behind us.
    var hasStarted: Bool { errGate.isOpen || outGate.isOpen }

    /// sudo has put its question a second time.
    var isAskedTwice: Bool {
        errGate.prefixText.split(separator: command.prompt, omittingEmptySubsequences: false).count > 2
    }

    /// What was printed instead of the script's output.
    var noise: String {
        let text = errGate.prefixText + outGate.prefixText
        return text.split(separator: command.prompt).joined()
    }

    func output(status: Int) throws -> RawOutput {
        output.status = status
        return output
    }
}
