// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeProcess
import HakubeRemote
import HakubeTransport

/// A connection that ssh holds; every command is a client of it.
final class OpenSSHLink: Link {
    private let master: Master
    private let program: SSHProgram
    private let configuration: SSHConfiguration

    init(_ master: Master, program: SSHProgram, _ configuration: SSHConfiguration) {
        self.master = master
        self.program = program
        self.configuration = configuration
    }

    var isUsable: Bool { !master.hasEnded }
    /// A client of the connection ends with 255 for every signal.
    var losesSignals: Bool { true }
    /// A process has to start first, and what it has not handed over is lost with it.
    var lead: Duration { .seconds(5) }

    func exchange(_ command: String, _ wakeup: Wakeup?, sink: @escaping OutputSink) throws -> any Exchange {
        if wakeup?.isRaised == true { throw CancellationError() }
        return try PipeExchange(command, program: program.path, master, configuration, wakeup, sink: sink)
    }

    /// ssh does so itself (ServerAliveInterval).
    func keepAlive() {}

    func close() {
        master.end()
        master.folder.remove()
    }
}

/// ssh lost the connection, or opened no channel over it.
struct OpenSSHFailure: LinkFailure {
    let words: String

    var description: String { words }
}
