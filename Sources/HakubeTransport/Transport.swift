// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// One connected host. A value of this type runs one thing at a time; lanes hold one each.
package protocol Transport: Sendable {
    /// Runs a script on standard input of `sh` (as root, through sudo where the login is not root).
    ///
    /// A non-zero exit status is a result. Output lines go to `onLine` as they arrive.
    /// - Throws: `TransportError` when the connection, not the script, failed; `CancellationError` when cancelled.
    func run(_ script: Script, onLine: @escaping @Sendable (OutputLine) -> Void) async throws -> ScriptOutput

    /// Runs `script` with `input` as its standard input instead of the script's text, which then travels as one quoted
    /// argument and therefore must hold no secret.
    /// - Throws: as `run`. A remote command that ends early surfaces as its exit status, never as a hang.
    func stream(
        _ input: any ByteSource, into script: Script, onProgress: @escaping @Sendable (_ sentBytes: Int) -> Void
    ) async throws -> ScriptOutput

    /// Runs `script`, which travels as in `stream`, and talks with what it starts.
    ///
    /// While bytes are sent the stall time-out applies; the script's own counts from the end of its input. `out` of the
    /// result is empty: every line was heard.
    /// - Throws: as `run`, and what the dialogue throws. A remote command that ends early surfaces as its exit status.
    func converse(_ dialogue: any Dialogue, with script: Script) async throws -> ScriptOutput

    /// Writes a file atomically (temporary file beside it, mode, rename). `contents` never shows in argv.
    func write(_ contents: [UInt8], to path: String, mode: Int) async throws

    /// Reads a file as root; `nil` when there is none.
    func read(_ path: String) async throws -> [UInt8]?

    func close() async
}

/// Opens connections. The engine keeps one per host for the whole run.
package protocol Connector: Sendable {
    /// - Throws: `TransportError`.
    func connect(to host: Host) async throws -> any Transport
}

/// Bytes read in order, once.
package protocol ByteSource: Sendable {
    /// Total in bytes, known before the first read.
    var byteCount: Int { get }
    /// Calls `consume` with the bytes in order, until it throws or all are read.
    func read(into consume: (UnsafeRawBufferPointer) throws -> Void) throws
}

/// A line of a script's output.
package struct OutputLine: Sendable, Hashable {
    package enum Stream: String, Sendable, Hashable { case out, err }

    package let stream: Stream
    package let text: String

    package init(_ stream: Stream, _ text: String) {
        self.stream = stream
        self.text = text
    }
}

/// What a script said and how it ended.
package struct ScriptOutput: Sendable, Hashable {
    /// 0 to 255; 128 + signal number for a killed command.
    package let status: Int
    package let out: String
    package let err: String

    package init(status: Int, out: String = "", err: String = "") {
        self.status = status
        self.out = out
        self.err = err
    }
}
