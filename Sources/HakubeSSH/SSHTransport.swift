// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel
package import HakubeTransport

/// A host over SSH.
package struct SSHTransport: Transport {
    let session: SSHSession

    /// `user@host:port`.
    package var peer: String { session.peer }

    package func run(_ script: Script, onLine: @escaping @Sendable (OutputLine) -> Void) async throws -> ScriptOutput {
        try await cancellable { try await session.run(script, onLine: onLine, $0) }
    }

    /// The script's time-out counts from the last byte sent; until then only the stall time-out ends it.
    package func stream(
        _ input: any ByteSource, into script: Script, onProgress: @escaping @Sendable (_ sentBytes: Int) -> Void
    ) async throws -> ScriptOutput {
        try await cancellable { try await session.stream(input, into: script, onProgress: onProgress, $0) }
    }

    package func converse(_ dialogue: any Dialogue, with script: Script) async throws -> ScriptOutput {
        try await cancellable { try await session.converse(dialogue, with: script, $0) }
    }

    package func write(_ contents: [UInt8], to path: String, mode: Int) async throws {
        try await cancellable { try await session.write(contents, to: path, mode: mode, $0) }
    }

    package func read(_ path: String) async throws -> [UInt8]? {
        try await cancellable { try await session.read(path, $0) }
    }

    package func close() async { await session.close() }

    private func cancellable<Result: Sendable>(_ body: (Wakeup) async throws -> Result) async throws -> Result {
        let wakeup = try Wakeup()
        return try await withTaskCancellationHandler {
            try await body(wakeup)
        } onCancel: {
            wakeup.raise()
        }
    }
}

extension SSHSession {
    func run(_ script: Script, onLine: @escaping @Sendable (OutputLine) -> Void, _ wakeup: Wakeup) throws
        -> ScriptOutput
    {
        var job = RemoteJob(script)
        let output = try perform(&job, wakeup, onLine)
        return ScriptOutput(status: output.status, out: output.outText, err: output.errorText)
    }

    func converse(_ dialogue: any Dialogue, with script: Script, _ wakeup: Wakeup) throws -> ScriptOutput {
        var job = RemoteJob(script, input: .dialogue(dialogue))
        let output = try perform(&job, wakeup, dialogue.hear)
        return ScriptOutput(status: output.status, err: output.errorText)
    }

    /// Performs a job and cuts what it says into lines.
    private func perform(_ job: inout RemoteJob, _ wakeup: Wakeup, _ onLine: @escaping (OutputLine) -> Void) throws
        -> RawOutput
    {
        var splitters: [OutputLine.Stream: LineSplitter] = [.out: LineSplitter(), .err: LineSplitter()]
        job.onOutput = { stream, bytes in
            splitters[stream]?.add(bytes) { onLine(OutputLine(stream, $0)) }
        }
        let output = try perform(job, wakeup)
        for stream in [OutputLine.Stream.out, .err] { splitters[stream]?.finish { onLine(OutputLine(stream, $0)) } }
        return output
    }

    func stream(
        _ input: any ByteSource, into script: Script, onProgress: @escaping @Sendable (Int) -> Void, _ wakeup: Wakeup
    ) throws -> ScriptOutput {
        var job = RemoteJob(script, input: .source(input))
        job.onProgress = onProgress
        let output = try perform(job, wakeup)
        return ScriptOutput(status: output.status, out: output.outText, err: output.errorText)
    }
}
